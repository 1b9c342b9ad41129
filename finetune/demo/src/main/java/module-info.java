import org.jspecify.annotations.NullMarked;

/** The demonstration: a small pretrained network, synthetic images, and a comparison of ways to train. */
@NullMarked module thaw.demo {
    requires transitive thaw.finetune;
    requires static org.jspecify;

    requires commons.math3;

    exports thaw.finetune.demo;
    exports thaw.finetune.lesson;
    exports thaw.finetune.synthetic;
}
