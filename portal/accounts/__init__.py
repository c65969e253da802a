"""Who people are: passwords, second factors, sessions, links, identity providers."""
