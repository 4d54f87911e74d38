	strcpy(a, b);
