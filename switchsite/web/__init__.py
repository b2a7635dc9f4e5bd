"""The web server's side of Django: bodies are read by an event loop, and complete requests worked on by threads."""
