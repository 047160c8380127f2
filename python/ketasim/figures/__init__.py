"""Figures (extra ``ketasim[plot]``); nothing here imports matplotlib before it draws."""
