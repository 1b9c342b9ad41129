package thaw.finetune.cli;

import java.util.List;
import java.util.Locale;
import thaw.resnet.Architecture;
import thaw.resnet.Family;

/** Looks up architectures by the names used on the command line, with their native image size and number of classes. */
final class Architectures {

    private static final int CIFAR_SIZE = 32;
    private static final int IMAGENET_SIZE = 224;

    private Architectures() {
    }

    /**
     * The architecture of a name, in any case.
     *
     * @throws Failure if the name is unknown; the message gives the nearest name and lists all of them
     */
    static Architecture byName(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return Architecture.find(wanted).orElseThrow(() -> {
            List<String> names = Architecture.all().stream().map(Architecture::name).toList();
            return new Failure("unknown architecture '" + name + "'" + Spelling.hint(wanted, names) + " (known: "
                    + String.join(", ", names) + "; with pools in place of strides resnetaa50, resnetblur50 and so on)");
        });
    }

    /** The side, in pixels, of the images that the architecture was designed for. */
    static int nativeSize(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? CIFAR_SIZE : IMAGENET_SIZE;
    }

    /** The number of classes of the data set that the architecture was designed for: CIFAR-10 or ImageNet. */
    static int nativeClasses(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? 10 : 1000;
    }
}
