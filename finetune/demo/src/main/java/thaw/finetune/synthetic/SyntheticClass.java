package thaw.finetune.synthetic;

/**
 * A class of synthetic images.
 *
 * @param name name of the object
 * @param turn largest angle, in degrees, by which the object is rotated in either direction
 * @param silhouette draws the object's shape
 */
record SyntheticClass(String name, double turn, Silhouette silhouette) {

    /** An object with an upright position: rotated by up to 30°. */
    static SyntheticClass upright(String name, Silhouette silhouette) {
        return new SyntheticClass(name, 30, silhouette);
    }

    /** An object in any orientation. */
    static SyntheticClass free(String name, Silhouette silhouette) {
        return new SyntheticClass(name, 180, silhouette);
    }
}
