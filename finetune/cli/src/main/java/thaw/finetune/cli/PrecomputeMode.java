package thaw.finetune.cli;

import thaw.finetune.train.Precompute;

/** The values of {@code --precompute}. */
enum PrecomputeMode {
    AUTO, ON, OFF;

    Precompute.When when() {
        return switch (this) {
            case AUTO -> Precompute.When.EXACT;
            case ON -> Precompute.When.REQUIRED;
            case OFF -> Precompute.When.NEVER;
        };
    }
}
