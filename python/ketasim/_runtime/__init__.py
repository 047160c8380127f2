"""Memory of the machine, optional libraries and progress bars. Private."""
