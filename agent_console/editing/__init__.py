"""What is changed of menus, words and hours, as the console shows it."""
