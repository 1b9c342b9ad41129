package thaw.finetune.evaluate;

/**
 * The correct predictions of one class.
 *
 * @param label   the class's name
 * @param correct the number of its images that are classified correctly
 * @param total   the number of its images
 */
public record ClassCount(String label, int correct, int total) {

    /** The share of the class's images that is classified correctly (recall), 0 to 1; NaN if it has no images. */
    public double accuracy() {
        return total == 0 ? Double.NaN : (double) correct / total;
    }
}
