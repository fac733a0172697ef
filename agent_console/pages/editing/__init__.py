"""The pages where menus, words and hours are changed."""
