package thaw.finetune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import thaw.resnet.Architecture;
import thaw.resnet.BlockKind;
import thaw.resnet.Family;
import thaw.resnet.Head;
import thaw.resnet.Outline;

/** Against what is published of the networks, and sums worked by hand. */
class StepFlopsTest {

    private static long flops(String name, int classes, int size, Mode mode) {
        Architecture architecture = Architecture.byName(name);
        return StepFlops.perImage(Outline.of(architecture, 3, Head.LINEAR, classes, size, size), architecture, mode);
    }

    /** Billions of multiply-adds as torchvision's documentation has them, which are rounded to two places. */
    @ParameterizedTest
    @CsvSource({"resnet18, 1.81", "resnet34, 3.66", "resnet50, 4.09", "resnet101, 7.80", "resnet152, 11.51",
        "resnext50_32x4d, 4.23", "wide_resnet50_2, 11.40"})
    void publishedMultiplyAdds(String name, double billions) {
        assertEquals(billions, flops(name, 1000, 224, Mode.INFER) / 2e9, 0.0051);
    }

    /** Stem, then per stage: first convolution (of stride 2 and half the channels but in stage 1), three others, projection. */
    @Test
    void resnet18ByHand() {
        long stem = 7 * 7 * 3 * 64 * 112L * 112;
        long same = 3 * 3 * 64 * 64 * 56L * 56;
        // Half the image's side and twice the channels: every 3×3 convolution of every stage takes the same.
        long stages = 4 * same + 3 * (same / 2 + 3 * same + 64 * 128 * 28L * 28);
        long head = 512 * 1000L;
        assertEquals(2 * (stem + stages + head), flops("resnet18", 1000, 224, Mode.INFER));
        assertEquals(2 * (2 * stem + 3 * stages + 3 * head), flops("resnet18", 1000, 224, Mode.TRAIN));
        // The last block's first convolution takes a frozen input, which needs no gradient.
        assertEquals(2 * (stem + stages + head) + 2 * (same + 2 * same + 2 * head),
                flops("resnet18", 1000, 224, Mode.TRAIN_HEAD));
    }

    @Test
    void imagesCountByTheirPixels() {
        long head = 2 * 64 * 10;
        long whole = flops("resnet20", 10, 64, Mode.INFER) - head;
        assertEquals(4 * (flops("resnet20", 10, 32, Mode.INFER) - head), whole);
    }

    /** One block a stage: it has the projection, which takes the frozen input too. */
    @Test
    void lastBlockThatIsAStagesFirst() {
        Architecture small = new Architecture("small", Family.IMAGENET, BlockKind.BASIC, List.of(1, 1, 1, 1), 1, 64);
        Outline outline = Outline.of(small, 3, Head.LINEAR, 10, 32, 32);
        long first = 3 * 3 * 256 * 512;
        long second = 3 * 3 * 512 * 512;
        long projection = 256 * 512;
        long head = 512 * 10;
        assertEquals(StepFlops.perImage(outline, small, Mode.INFER) + 2 * (first + 2 * second + projection + 2 * head),
                StepFlops.perImage(outline, small, Mode.TRAIN_HEAD));
    }
}
