package thaw.finetune.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import thaw.engine.Device;
import thaw.finetune.predict.ModelFile;
import thaw.finetune.synthetic.SyntheticImages;

class ShippedNetworkTest {

    private static final long OTHER_SEED = 20;

    private final ModelFile model = ShippedNetwork.read();

    @Test
    void fileIsUnderTwoMegabytes() throws IOException {
        try (InputStream in = ShippedNetwork.class.getResourceAsStream("resnet20-synthetic.safetensors")) {
            assertTrue(in.readAllBytes().length < 2_000_000);
        }
    }

    @Test
    void wasTrainedOnTheSettingsThatReproduceIt() {
        Pretraining shipped = Pretraining.shipped();
        assertEquals(String.valueOf(shipped.imagesPerClass()), model.network().get(Pretraining.IMAGES));
        assertEquals(String.valueOf(shipped.epochs()), model.network().get(Pretraining.EPOCHS));
        assertEquals(String.valueOf(shipped.seed()), model.network().get(Pretraining.SEED));
        assertEquals(Pretraining.transforms(), model.transforms());
    }

    @Test
    void knowsNoneOfTheClassesOfTheDemo() {
        assertEquals(SyntheticImages.pretraining().classes(), model.classes());
        Set<String> both = new HashSet<>(model.classes());
        both.retainAll(SyntheticImages.demo().classes());
        assertEquals(Set.of(), both);
    }

    @Test
    void isAsGoodAsItSaysOnImagesThatNobodyHasSeen() {
        double said = Double.parseDouble(model.network().get(Pretraining.ACCURACY));
        try (Device device = Device.auto()) {
            assertEquals(said, Pretraining.accuracy(model.toNet(device), OTHER_SEED, 30, 2), 0.03);
        }
    }
}
