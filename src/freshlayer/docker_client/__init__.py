"""docker's own configuration and plugin directory."""
