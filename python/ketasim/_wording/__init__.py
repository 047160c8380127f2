"""Words: names, durations, numbers and the disclaimer, as messages and files write them. Private."""
