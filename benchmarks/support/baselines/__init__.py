"""What imgcls is compared with: the usual tutorials, and handwriting prepared with OpenCV."""
