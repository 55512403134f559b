"""What a base image contains: its layers unpacked as streams, and what is known of it on disk, by digest."""
