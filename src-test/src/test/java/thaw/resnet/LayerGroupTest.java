package thaw.resnet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static thaw.engine.optim.ParamGroup.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import thaw.engine.Device;
import thaw.engine.Tensor;
import thaw.kernels.Shape;

class LayerGroupTest {

    private final Device device = Device.cpu();

    @AfterEach
    void close() {
        device.close();
    }

    private static List<String> names(List<LayerGroup> groups) {
        return groups.stream().map(LayerGroup::name).toList();
    }

    private static GroupTable.Group find(GroupTable table, String name) {
        return table.groups().stream().filter(g -> g.name().equals(name)).findFirst().orElseThrow();
    }

    private static List<String> children(GroupTable table, String group) {
        return find(table, group).layers().stream().map(l -> l.name().replaceAll("\\..*", "")).distinct().toList();
    }

    @ParameterizedTest
    @EnumSource(Granularity.class)
    void everyParameterIsInOneGroupInOrder(Granularity granularity) {
        for (ResNet net : List.of(ResNet.resnet18(device, 10), ResNet.resnet20(device, 10).replaceHead(Head.CONCAT_POOL, 4))) {
            List<Tensor> grouped = new ArrayList<>();
            net.groups(granularity).forEach(g -> grouped.addAll(g.parameters()));
            assertEquals(net.parameters(), grouped);
            assertEquals(net.parameterCount(), net.groups(granularity).stream().mapToLong(LayerGroup::parameterCount).sum());
            GroupTable table = GroupTable.of(net, 64, granularity);
            assertEquals(names(net.groups(granularity)), table.groups().stream().map(GroupTable.Group::name).toList());
            for (LayerGroup g : net.groups(granularity)) {
                assertEquals(g.parameterCount(), find(table, g.name()).parameters(), g.name());
            }
        }
    }

    @Test
    void fourStagesAreDividedAfterTheSecondAndThreeAfterTheFirst() {
        List<LayerGroup> four = ResNet.resnet18(device, 2).groups();
        assertEquals(List.of("early", "middle", "head"), names(four));
        assertEquals(List.of("conv1", "bn1", "relu", "maxpool", "layer1", "layer2"),
                List.copyOf(four.get(0).modules().keySet()));
        assertEquals(List.of("layer3", "layer4"), List.copyOf(four.get(1).modules().keySet()));
        List<LayerGroup> three = ResNet.resnet20(device, 2).groups();
        assertEquals(List.of("conv1", "bn1", "relu", "layer1"), List.copyOf(three.get(0).modules().keySet()));
        assertEquals(List.of("layer2", "layer3"), List.copyOf(three.get(1).modules().keySet()));
        assertEquals(List.of("avgpool", "flatten", "fc"), List.copyOf(three.get(2).modules().keySet()));
        List<LayerGroup> stages = ResNet.resnet20(device, 2).groups(Granularity.STAGES);
        assertEquals(List.of("stem", "layer1", "layer2", "layer3", "head"), names(stages));
    }

    @Test
    void blocksAreGroupsOfTheirOwn() {
        ResNet net = ResNet.resnet20(device, 2);
        List<LayerGroup> blocks = net.groups(Granularity.BLOCKS);
        assertEquals(List.of("stem", "layer1.0", "layer1.1", "layer1.2", "layer2.0", "layer2.1", "layer2.2", "layer3.0",
                "layer3.1", "layer3.2", "head"), names(blocks));
        assertTrue(blocks.get(4).contains("layer2.0.bn1.weight") && !blocks.get(4).contains("layer2.01.bn1.weight"));
        assertEquals(blocks, net.checkpointBlocks().groups(Granularity.BLOCKS).stream().map(g -> new LayerGroup(g.name(),
                g.name().startsWith("layer") ? Map.of(g.name(), g.modules().get(g.name()).children().get("")) : g.modules()))
                .toList());
        for (Granularity granularity : Granularity.values()) {
            assertEquals(granularity, Granularity.byLabel(granularity.label()));
        }
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Granularity.byLabel("4")).getMessage()
                .contains("3, stages, blocks"));
    }

    @Test
    void batchNormsOfAGroupAreFound() {
        assertEquals(2 + 3 * 4, ResNet.resnet20(device, 2).groups().get(0).batchNormParameters().size());
    }

    @Test
    void loadedWeightsAreRemembered() {
        ResNet net = ResNet.resnet20(device, 2);
        assertFalse(net.isPretrained());
        assertTrue(ResNet.fromWeights(net.stateDict(), device).isPretrained());
        net.loadPretrained(ResNet.resnet20(device, 7).stateDict(), false);
        assertTrue(net.isPretrained());
    }

    /** The shapes of He et al. 2016, table 1, at 224×224. */
    @Test
    void theLayersOfResNet152() {
        GroupTable table = GroupTable.of(Architecture.byName("resnet152"), 1000, 224, Granularity.COARSE);
        assertEquals(60_192_808, table.parameters());
        assertEquals(List.of("conv1", "bn1", "maxpool", "layer1", "layer2"), children(table, "early"));
        assertEquals(List.of("layer3", "layer4"), children(table, "middle"));
        Map<String, Shape> expected = Map.of("conv1", Shape.of(64, 112, 112), "maxpool", Shape.of(64, 56, 56),
                "layer1.2.conv3", Shape.of(256, 56, 56), "layer2.0.conv1", Shape.of(128, 56, 56),
                "layer2.7.conv3", Shape.of(512, 28, 28), "layer3.35.conv3", Shape.of(1024, 14, 14),
                "layer4.2.conv3", Shape.of(2048, 7, 7), "avgpool", Shape.of(2048, 1, 1), "fc", Shape.of(1000));
        expected.forEach((name, shape) -> assertEquals(shape, table.groups().stream().flatMap(g -> g.layers().stream())
                .filter(l -> l.name().equals(name)).findFirst().orElseThrow().output(), name));
    }

    @ParameterizedTest
    @MethodSource("thaw.resnet.Architecture#all")
    void tablesOfAllArchitecturesAreWhole(Architecture a) {
        long whole = Outline.of(a, 3, Head.LINEAR, 10, 64, 64).parameters();
        for (Granularity granularity : Granularity.values()) {
            assertEquals(whole, GroupTable.of(a, 10, 64, granularity).parameters());
        }
    }

    @Test
    void aGroupIsFrozenAndPutIntoEvaluationAlone() {
        ResNet net = ResNet.resnet20(device, 2);
        LayerGroup early = net.groups().get(0);
        early.requiresGrad(false);
        early.train(false);
        assertTrue(early.parameters().stream().noneMatch(Tensor::requiresGrad));
        assertTrue(net.groups().get(1).parameters().stream().allMatch(Tensor::requiresGrad));
        assertFalse(net.namedModules().get("layer1.1.bn1").isTraining());
        assertTrue(net.namedModules().get("layer2.1.bn1").isTraining());
        assertEquals("early (conv1, bn1, relu, layer1)", early.toString());
    }

    @Test
    void aGroupIsWhatAnOptimizerTakes() {
        ResNet net = ResNet.resnet20(device, 2);
        assertEquals(net.groups().get(1).parameters(), group("middle", net.groups().get(1)).lr(1e-4).parameters());
    }
}
