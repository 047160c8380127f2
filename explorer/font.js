/** The type of the page, for canvases, which cannot use style sheets. The same stack as in style.css. */
export const FONT = '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif';
