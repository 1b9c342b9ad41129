/** The demonstration: a small pretrained network, synthetic images, and a comparison of ways to train. */
module thaw.demo {
    requires transitive thaw.finetune;

    requires commons.math3;

    exports thaw.finetune.demo;
    exports thaw.finetune.lesson;
    exports thaw.finetune.synthetic;
}
