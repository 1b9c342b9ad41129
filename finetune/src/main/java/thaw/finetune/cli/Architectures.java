package thaw.finetune.cli;

import java.util.List;
import java.util.Locale;
import thaw.resnet.Architecture;
import thaw.resnet.Family;

/** Architectures as a command line names them. */
final class Architectures {

    private static final int CIFAR_SIZE = 32;
    private static final int IMAGENET_SIZE = 224;

    private Architectures() {
    }

    /** @throws Failure if there is none of this name, with the one that is most like it, and all others */
    static Architecture byName(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return Architecture.all().stream().filter(a -> a.name().equals(wanted)).findFirst().orElseThrow(() -> {
            List<String> names = Architecture.all().stream().map(Architecture::name).toList();
            return new Failure("unknown architecture '" + name + "'" + Spelling.hint(wanted, names) + " (there are "
                    + String.join(", ", names) + ")");
        });
    }

    /** The side of the pictures, in pixels, that the architecture was made for. */
    static int nativeSize(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? CIFAR_SIZE : IMAGENET_SIZE;
    }

    /** The number of classes of the data set that the architecture was made for, CIFAR-10 or ImageNet. */
    static int nativeClasses(Architecture architecture) {
        return architecture.family() == Family.CIFAR ? 10 : 1000;
    }
}
