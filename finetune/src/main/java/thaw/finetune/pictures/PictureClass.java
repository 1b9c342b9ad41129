package thaw.finetune.pictures;

/**
 * A class of pictures.
 *
 * @param name what is to be seen
 * @param turn the largest angle, in degrees, by which it is turned either way
 */
record PictureClass(String name, double turn, Silhouette silhouette) {

    /** An object that has an upper side. */
    static PictureClass upright(String name, Silhouette silhouette) {
        return new PictureClass(name, 30, silhouette);
    }

    /** An object that lies in any direction. */
    static PictureClass free(String name, Silhouette silhouette) {
        return new PictureClass(name, 180, silhouette);
    }
}
