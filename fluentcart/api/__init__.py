"""The HTTP edge that every resource shares; of the apps it knows only accounts."""
