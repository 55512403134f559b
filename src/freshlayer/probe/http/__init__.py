"""HTTP and HTTPS, and better ways than headers where an origin offers one."""
