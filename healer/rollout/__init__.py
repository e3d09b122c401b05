"""In which order: pure scheduling decisions and the loop that carries them out."""
