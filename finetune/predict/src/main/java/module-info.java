import org.jspecify.annotations.NullMarked;

/** Predicting with a trained model: the classifier, the model file, and the decoding and preparation of images. */
@NullMarked module thaw.predict {
    requires transitive java.desktop;
    requires transitive thaw.resnet;
    requires com.fasterxml.jackson.core;
    requires static org.jspecify;

    exports thaw.finetune.images;
    exports thaw.finetune.predict;

    uses javax.imageio.spi.ImageReaderSpi;
}
