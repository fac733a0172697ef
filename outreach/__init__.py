"""What goes out to people by itself: messages and calls, each with the consent it stands on."""
