package thaw.finetune.cli;

import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Option;
import thaw.resnet.Architecture;
import thaw.resnet.Variant;

/** The option {@code --variant}. */
final class VariantOption {

    @Option(names = "--variant", paramLabel = "NAME", split = ",", hideParamSyntax = true,
            description = "Variants of --arch: stride-in-1x1 (ResNet v1), downsample-in-first-stage, average-pool (resnetaa50), blur-pool"
                    + " (resnetblur50).")
    private Set<Variant> variants = EnumSet.noneOf(Variant.class);

    Set<Variant> variants() {
        return variants;
    }

    /** @throws IllegalArgumentException if the architecture has no such variant */
    Architecture of(Architecture architecture) {
        return architecture.with(variants);
    }
}
