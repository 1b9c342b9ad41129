package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import thaw.engine.io.StoredTensor;
import thaw.engine.io.Weights;
import thaw.kernels.Shape;

/** Networks with the tensors of another: stated in the file, given by the caller, or refused. Right logits are PyTorch's. */
class VariantTest extends FilledNetworks {

    @ParameterizedTest
    @CsvSource({"downsample_in_bottleneck,stride_in_1x1", "downsample_in_first_stage,downsample_in_first_stage"})
    void aConfigStatesTheVariant(String entry, String variant) throws IOException {
        Map<String, StoredTensor> state = filled("resnet50");
        assertEquals(Set.of(), NetworkWeights.in(Weights.of(state, Map.of("config." + entry, "false"))).architecture().variants());
        Weights weights = Weights.of(state, Map.of("config." + entry, "true"));
        assertRight("resnet50 " + variant, weights);
        assertEquals(variant, ResNet.fromWeights(weights, device).describe().get("variant"));
        for (boolean strict : new boolean[] {true, false}) {
            String message = assertThrows(IllegalArgumentException.class,
                    () -> ResNet.resnet50(device, CLASSES).loadStateDict(weights, strict)).getMessage();
            assertTrue(message.contains("resnet50 (" + variant + ")"), message);
        }
    }

    @Test
    void variantsMayBeGivenTogether() throws IOException {
        Map<String, StoredTensor> state = filled("resnet50");
        ResNet net = ResNet.fromWeights(NetworkWeights.in(state).with(
                Set.of(Variant.STRIDE_IN_1X1, Variant.DOWNSAMPLE_IN_FIRST_STAGE)), device);
        assertArrayEquals(right("resnet50 stride_in_1x1+downsample_in_first_stage"), logits(net), 2e-5f);
        Network read = Network.fromMetadata(net.describe(), state, device);
        assertArrayEquals(logits(net), logits(read));
    }

    /** The entries of MMCV and MMEngine. */
    @ParameterizedTest
    @ValueSource(strings = {"meta.config", "meta.cfg"})
    void aConfigurationInPythonStatesCaffesStyle(String entry) {
        String config = "model = dict(backbone=dict(type='ResNet', depth=50, style='caffe'))";
        Weights weights = Weights.of(ArchitectureTest.shapesOf(Architecture.byName("resnet50"), 3), Map.of(entry, config));
        assertEquals(Set.of(Variant.STRIDE_IN_1X1), NetworkWeights.in(weights).architecture().variants());
    }

    @ParameterizedTest
    @CsvSource({"arch,resnetblur18,BLUR_POOL", "config.architecture,resnetaa50.a1h_in1k,AVERAGE_POOL",
        "args.model,resnetblur50,BLUR_POOL", "hyper_parameters.backbone,hf-hub:timm/resnetaa50.a1h_in1k,AVERAGE_POOL",
        "args.encoder_name,tu-resnetblur18,BLUR_POOL", "config.model_args.aa_layer,avg,AVERAGE_POOL",
        "config.model_args.aa_layer,blurpool,BLUR_POOL"})
    void aNameOrASettingStatesPools(String entry, String value, Variant variant) {
        Weights weights = Weights.of(ArchitectureTest.shapesOf(Architecture.byName("resnet18"), 3), Map.of(entry, value));
        assertEquals(Set.of(variant), NetworkWeights.in(weights).architecture().variants());
    }

    @ParameterizedTest
    @EnumSource(Variant.class)
    void theOutlineIsTheNetworks(Variant variant) {
        Architecture architecture = Architecture.byName("resnet50").with(variant);
        ResNet net = ResNet.toBeLoaded(architecture, device, 2);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        net.outline(64, 64).layers().forEach(layer -> shapes.put(layer.name(), layer.output()));
        Map<String, Shape> found = new LinkedHashMap<>();
        net.namedModules().forEach((name, module) -> {
            if (name.matches("layer\\d\\.0")) {
                module.onForward((m, y) -> found.put(name, y.shape()));
            }
        });
        logits(net);
        assertEquals(4, found.size());
        found.forEach((name, shape) -> assertEquals(shapes.get(name + ".conv3"),
                Shape.of(shape.dim(1), shape.dim(2), shape.dim(3))));
    }

    @Test
    void basicBlocksHaveNoStrideToMove() {
        assertThrows(IllegalArgumentException.class, () -> Architecture.byName("resnet18").with(Variant.STRIDE_IN_1X1));
        Weights weights = Weights.of(filled("resnet18"), Map.of("config.downsample_in_bottleneck", "true"));
        assertEquals(Set.of(), NetworkWeights.in(weights).architecture().variants());
    }

    @ParameterizedTest
    @CsvSource({"args.output_stride,8,args.output_stride",
        "config.replace_stride_with_dilation,'[false, true, true]',dilate", "args.dilation,true,dilate",
        "meta.cfg,'backbone=dict(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))',dilate",
        "config.model_args.aa_layer,blurpc,blurpc", "config.model_args.act_layer,silu,silu", "config.hidden_act,gelu,gelu",
        "variant,round,round"})
    void aNetworkThatIsNotComputedIsRefusedByName(String entry, String value, String word) {
        Weights weights = Weights.of(filled("resnet18"), Map.of(entry, value));
        ResNet net = ResNet.resnet18(device, CLASSES);
        for (String message : List.of(
                assertThrows(IllegalArgumentException.class, () -> ResNet.fromWeights(weights, device)).getMessage(),
                assertThrows(IllegalArgumentException.class, () -> net.loadStateDict(weights)).getMessage(),
                assertThrows(IllegalArgumentException.class, () -> net.loadPretrained(weights, false)).getMessage())) {
            assertTrue(message.contains(word), message);
        }
    }

    /** The strides of an ONNX graph show where a bottleneck has its own, and that it has none. */
    @Test
    void stridesStateTheVariant() {
        Map<String, StoredTensor> bottlenecks = ArchitectureTest.shapesOf(Architecture.byName("resnet50"), 3);
        Map.of("conv1=2 layer2.0.conv2=2", Set.of(), "net.conv1=2 net.layer2.0.conv1=2", Set.of(Variant.STRIDE_IN_1X1),
                "conv1=2 layer1.0.conv2=2 layer2.0.conv2=2", Set.of(Variant.DOWNSAMPLE_IN_FIRST_STAGE),
                "embedder.embedder.convolution=2", Set.of()).forEach(
                        (strides, variants) -> assertEquals(variants,
                                NetworkWeights.in(Weights.of(bottlenecks, Map.of("onnx.strides", strides))).architecture().variants(),
                                strides));
        Weights basic = Weights.of(filled("resnet18"), Map.of("onnx.strides", "conv1=2 layer2.0.conv1=2"));
        assertEquals(Set.of(), NetworkWeights.in(basic).architecture().variants());
        for (Map<String, String> stated : List.of(Map.of("onnx.strides", "conv1=2"), Map.of("onnx.dilations", "layer3.0.conv2=2"),
                Map.of("onnx.strides", "conv1=2x1 layer2.0.conv2=2"), Map.of("onnx.strides", "conv1=2 layer2.0.conv2=1x2"))) {
            String message = assertThrows(IllegalArgumentException.class,
                    () -> NetworkWeights.in(Weights.of(bottlenecks, stated))).getMessage();
            assertTrue(message.contains("stated by " + stated.keySet().iterator().next()), message);
        }
        Weights own = Weights.of(bottlenecks, Map.of("onnx.strides", "conv1=2", "variant", "blur_pool"));
        assertEquals(Set.of(Variant.BLUR_POOL), NetworkWeights.in(own).architecture().variants());
    }

    /** Settings with the usual value, or of another part. */
    @Test
    void usualSettingsDoNotMatter() throws IOException {
        assertRight("resnet18", Weights.of(filled("resnet18"), Map.of("arch", "resnet18", "args.output_stride", "32",
                "config.model_args.aa_layer", "", "args.dilation", "False", "config.text_config.hidden_act", "gelu",
                "config.replace_stride_with_dilation", "[false, false, false]", "config.hidden_act", "relu", "args.note",
                "-".repeat(100_000) + "resnetaa50")));
    }
}
