package thaw.finetune.metrics;

/** Metrics that presume one class for each image. */
final class SingleLabel {
    private SingleLabel() {
    }

    static void require(String metric, Predictions predictions) {
        if (predictions.labels().multiLabel()) {
            throw new IllegalArgumentException(metric + " is of images that show one class each; these may show several: see "
                    + "MultiLabelCounts");
        }
    }
}
