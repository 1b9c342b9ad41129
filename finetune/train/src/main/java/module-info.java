import org.jspecify.annotations.NullMarked;

/** Fine-tuning: data sets, augmentation, losses, plans, the learner, evaluation and metrics, diagnostics, runs and reports. */
@NullMarked module thaw.finetune {
    requires transitive thaw.predict;
    requires transitive com.fasterxml.jackson.databind;
    requires static org.jspecify;
    requires thaw.ejml;

    exports thaw.finetune.augment;
    exports thaw.finetune.check;
    exports thaw.finetune.data;
    exports thaw.finetune.diagnostics;
    exports thaw.finetune.distributed;
    exports thaw.finetune.evaluate;
    exports thaw.finetune.loss;
    exports thaw.finetune.metrics;
    exports thaw.finetune.plan;
    exports thaw.finetune.report;
    exports thaw.finetune.run;
    exports thaw.finetune.train;
    exports thaw.finetune.visualize;

    // Run folders are JSON files of records.
    opens thaw.finetune.run to com.fasterxml.jackson.databind;
}
