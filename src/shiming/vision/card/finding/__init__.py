"""Where a card is: text lines, outline, edges, and the homography from picture to card."""
