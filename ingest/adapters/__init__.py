"""One file a format: each turns lines of a file into events or rejections."""
