/** Predicting needs one module. */
module photos {
    requires thaw.predict;
}
