package thaw.finetune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.functional.Functional.crossEntropy;
import static thaw.engine.optim.ParamGroup.group;
import static thaw.finetune.train.Learner.rates;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.engine.Device;
import thaw.engine.Scope;
import thaw.engine.Tensor;
import thaw.engine.io.Weights;
import thaw.engine.optim.SGD;
import thaw.finetune.data.Batch;
import thaw.finetune.data.ImageFolder;
import thaw.finetune.predict.Classifier;
import thaw.resnet.ResNet;

/** Fine-tuning as user code, with the learner and with a hand-written loop. */
class TrainingExamplesTest {

    @TempDir
    private Path folder;

    @Test
    void aPretrainedNetworkIsFineTunedByALearner() throws IOException {
        Path dogscats = folder.resolve("dogscats");
        ColourFolder.in(dogscats);
        Path pretrained = folder.resolve("resnet18.pth");
        try (Device device = Device.auto()) {
            Weights.write(pretrained, ResNet.resnet18(device, 1000).stateDict(), Map.of());
        }
        Path saved = folder.resolve("dogscats.safetensors");

        try (Device device = Device.auto()) {
            ResNet net = ResNet.resnet18(device, 1000);
            net.loadStateDict(Weights.read(pretrained));
            net.replaceHead(2);
            ImageFolder data = ImageFolder.of(dogscats).size(32).batch(9).seed(1);

            Learner learn = new Learner(net, data);
            learn.freeze();
            learn.fitOneCycle(1, 1e-2);
            learn.unfreeze();
            learn.fitOneCycle(1, rates(1e-5, 1e-4, 1e-2));
            learn.save(saved);
        }

        try (Classifier c = Classifier.load(saved)) {
            assertEquals(List.of("blue", "red"), c.classes());
        }
    }

    @Test
    void aLoopOfOnesOwnTrainsGroupsAtRatesOfTheirOwn() throws IOException {
        ImageFolder data = ColourFolder.in(folder);
        try (Device device = Device.auto()) {
            ResNet net = ResNet.resnet20(device, 2);
            List<Float> losses = new ArrayList<>();
            SGD sgd = new SGD(
                    group("early", net.groups().get(0)).lr(1e-3),
                    group("middle", net.groups().get(1)).lr(1e-2).momentum(0.9),
                    group("head", net.groups().get(2)).lr(1e-1).momentum(0.9).weightDecay(1e-4));
            for (int epoch = 0; epoch < 4; epoch++) {
                for (Batch batch : data.trainLoader().epoch(epoch)) {
                    try (Scope step = device.scope()) {
                        Tensor loss = crossEntropy(net.forward(batch.images(device)), batch.labels(device));
                        sgd.zeroGrad();
                        loss.backward();
                        sgd.step();
                        losses.add(loss.item());
                    }
                }
            }
            assertEquals(12, losses.size());
            assertTrue(losses.get(11) < losses.get(0) / 2, losses.toString());
        }
    }
}
