"""Tables of the options that programs and libraries are known to take."""
