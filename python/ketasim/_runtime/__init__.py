"""What the package asks of the machine and of optional libraries. Private."""
