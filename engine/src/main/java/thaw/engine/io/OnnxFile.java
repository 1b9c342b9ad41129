package thaw.engine.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import thaw.kernels.Shape;

/**
 * ONNX files: a network's graph with its weights, {@code ModelProto} of onnx.proto3. They are written with the operators of opset 17,
 * which runtimes since 2022 read, and whose operators used here have the same meaning up to opset 20, PyTorch 2.13's default. Of a file
 * that is read, the weights and the metadata are kept; no graph is run.
 */
public final class OnnxFile {

    /** The name of the graph's input, {@code [batch, …]}. */
    public static final String INPUT = "input";

    /** The name of the graph's result, {@code [batch, …]}. */
    public static final String OUTPUT = "output";

    private static final int OPSET = 17;
    /** The version of the format that opset 17 was published with. */
    private static final int IR_VERSION = 8;
    private static final int FLOAT = 1;

    // The numbers of fields in ModelProto, OperatorSetIdProto, GraphProto, StringStringEntryProto, and ValueInfoProto with its parts.
    private static final int MODEL_IR_VERSION = 1;
    private static final int MODEL_PRODUCER = 2;
    private static final int MODEL_GRAPH = 7;
    private static final int MODEL_OPSET = 8;
    private static final int MODEL_METADATA = 14;
    private static final int OPSET_VERSION = 2;
    private static final int GRAPH_NODE = 1;
    private static final int GRAPH_NAME = 2;
    private static final int GRAPH_TENSOR = 5;
    private static final int GRAPH_INPUT = 11;
    private static final int GRAPH_OUTPUT = 12;

    private static final int MOST_NODES = 100_000;
    /** The bytes of weights that a model may have for each byte of its files, because nodes may share values, and those beyond. */
    private static final long MOST_REPEATS = 2;
    private static final long SPARE_BYTES = 1 << 24;
    /** The names that PyTorch's exporters give to tensors that have none. */
    private static final Pattern GENERATED = Pattern.compile("(?:onnx::|val_|/).*", Pattern.DOTALL);
    /** The longest name of a node that is taken apart. */
    private static final int LONGEST_NAME = 1000;

    private static final String COUNTER = ".num_batches_tracked";
    private static final String WEIGHT = ".weight";

    private OnnxFile() {
    }

    /**
     * A graph of one input and one result, both float32 with a first dimension of any extent.
     *
     * @param nodes  in the order in which they are computed
     * @param result the name of the result among the nodes; it is called {@link #OUTPUT} in the file
     * @param input  the shape of one sample
     * @param output the shape of its result
     */
    public record Graph(List<OnnxNode> nodes, String result, Shape input, Shape output) {
    }

    /**
     * Writes a file; an existing one is replaced only once the new one is complete.
     *
     * @param tensors the nodes' weights by name, and the counters of batch norms; these become metadata, because runtimes warn of tensors
     *     that no node reads
     * @throws IllegalArgumentException if the file would be longer than 2 GiB, the format's limit
     * @throws IOException              if writing fails; an existing file is unchanged then
     */
    public static void write(Path path, Graph graph, Map<String, StoredTensor> tensors, Map<String, String> metadata) throws IOException {
        ProtobufMessage inside = new ProtobufMessage();
        graph.nodes().forEach(node -> inside.message(GRAPH_NODE, node.renamed(graph.result(), OUTPUT).message()));
        inside.text(GRAPH_NAME, "network");
        Map<String, String> entries = new LinkedHashMap<>(metadata);
        tensors.forEach((name, tensor) -> {
            if (name.endsWith(COUNTER)) {
                entries.put(name, String.valueOf(tensor.toLongs()[0]));
            } else {
                inside.message(GRAPH_TENSOR, OnnxTensor.message(name, tensor));
            }
        });
        inside.message(GRAPH_INPUT, value(INPUT, graph.input())).message(GRAPH_OUTPUT, value(OUTPUT, graph.output()));
        ProtobufMessage model = new ProtobufMessage().number(MODEL_IR_VERSION, IR_VERSION).text(MODEL_PRODUCER, "thaw")
                .message(MODEL_GRAPH, inside).message(MODEL_OPSET, new ProtobufMessage().number(OPSET_VERSION, OPSET));
        entries.forEach((key, value) -> model.message(MODEL_METADATA, new ProtobufMessage().text(1, key).text(2, value)));
        if (model.size() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("ONNX: the network would be a file of " + model.size() + " bytes, the format holds up to "
                    + Integer.MAX_VALUE + "; export a smaller network");
        }
        AtomicFile.write(path, channel -> {
            for (ByteBuffer piece : model.pieces()) {
                AtomicFile.writeAll(channel, piece);
            }
        });
    }

    /** The name, type and shape {@code [batch, …]} of a value. */
    private static ProtobufMessage value(String name, Shape sample) {
        ProtobufMessage shape = new ProtobufMessage().message(1, new ProtobufMessage().text(2, "batch"));
        for (int dim : sample.toArray()) {
            shape.message(1, new ProtobufMessage().number(1, dim));
        }
        ProtobufMessage type = new ProtobufMessage().message(1, new ProtobufMessage().number(1, FLOAT).message(2, shape));
        return new ProtobufMessage().text(1, name).message(2, type);
    }

    /**
     * Reads the weights, under PyTorch's names where the file has them: those of its tensors, or of its nodes, as PyTorch's older exporter
     * writes it where it merges a batch norm into its convolution. The strides and dilations of convolutions, which their weights do not
     * show, are metadata: {@code onnx.strides} is {@code conv1=2 layer2.0.conv2=2}, and for a stride of 2 down and 1 across {@code conv1=2x1}.
     *
     * @param path the file's path, beside which other files may hold values; null for a stream
     */
    static Weights read(FileBytes file, @Nullable Path path) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        List<OnnxNode> nodes = new ArrayList<>();
        OnnxTensor.Folder folder = new OnnxTensor.Folder(path);
        ProtobufReader model = ProtobufReader.of(file, 0, file.length());
        while (model.next()) {
            if (model.isBytes(MODEL_GRAPH)) {
                readGraph(model.message(), folder, tensors, nodes);
            } else if (model.isBytes(MODEL_METADATA)) {
                model.message().entry(metadata::put);
            }
        }
        if (tensors.isEmpty()) {
            throw new WeightFileException("is an ONNX model without weights, or not one; is the download complete?");
        }
        Map<String, StoredTensor> weights = named(tensors, nodes, metadata);
        requireFewRepeats(weights.values(), file.length() + folder.length());
        metadata.keySet().stream().filter(key -> key.endsWith(COUNTER) && metadata.get(key).matches("\\d{1,18}")).toList()
                .forEach(key -> weights.put(key, StoredTensor.ofLongs(Shape.SCALAR, new long[] {Long.parseLong(metadata.remove(key))})));
        return Weights.of(weights, metadata);
    }

    /** Checks that a small file does not give a few values so many names that the weights would fill a large one. */
    private static void requireFewRepeats(Collection<StoredTensor> weights, long held) throws WeightFileException {
        long bytes = weights.stream().filter(ContiguousTensor.class::isInstance)
                .mapToLong(tensor -> (long) tensor.shape().size() * tensor.dtype().size()).sum();
        if (bytes > MOST_REPEATS * held + SPARE_BYTES) {
            throw new WeightFileException("has weights of " + bytes + " bytes in files of " + held + ", because it gives the same values"
                    + " many names; export the model anew");
        }
    }

    private static void readGraph(ProtobufReader graph, OnnxTensor.Folder folder, Map<String, StoredTensor> tensors, List<OnnxNode> nodes)
            throws IOException {
        while (graph.next()) {
            if (graph.isBytes(GRAPH_NODE)) {
                nodes.add(OnnxNode.read(graph.message()));
                if (nodes.size() > MOST_NODES) {
                    throw new WeightFileException("has a graph of more than " + MOST_NODES + " nodes");
                }
            } else if (graph.isBytes(GRAPH_TENSOR)) {
                OnnxTensor read = OnnxTensor.read(graph.message(), folder);
                putOnce(tensors, read.name(), read.tensor());
            }
        }
    }

    /** Adds a tensor; two of one name are an error, but nodes may share one. */
    private static void putOnce(Map<String, StoredTensor> tensors, String name, StoredTensor tensor) throws WeightFileException {
        StoredTensor before = tensors.put(name, tensor);
        if (before != null && before != tensor) {
            throw new WeightFileException("has two tensors " + WeightFileException.quote(name));
        }
    }

    /** The tensors under PyTorch's names, without those of the graph's own constants. */
    private static Map<String, StoredTensor> named(Map<String, StoredTensor> tensors, List<OnnxNode> nodes, Map<String, String> metadata)
            throws WeightFileException {
        Map<String, StoredTensor> weights = new LinkedHashMap<>();
        Map<String, StringBuilder> stated = new TreeMap<>();
        Set<String> named = new HashSet<>();
        for (OnnxNode node : nodes) {
            List<String> inputs = node.inputs();
            if (node.operator().equals("Identity") && inputs.size() == 1 && tensors.containsKey(inputs.get(0))) {
                // PyTorch's older exporter writes equal tensors once.
                putOnce(tensors, node.output(), tensors.get(inputs.get(0)));
            }
            if (inputs.size() < 2 || !tensors.containsKey(inputs.get(1))) {
                continue;
            }
            String module = module(inputs.get(1), node.name());
            switch (node.operator()) {
                case "Conv" -> List.of("strides", "dilations").forEach(attribute -> state(stated, attribute, module, node));
                case "Gemm" -> requireRows(node);
                default -> {
                    continue;
                }
            }
            for (int i = 1; i < Math.min(inputs.size(), 3); i++) {
                String name = inputs.get(i);
                if (tensors.containsKey(name)) {
                    putOnce(weights, module.isEmpty() ? name : module + (i == 1 ? WEIGHT : ".bias"), tensors.get(name));
                    named.add(name);
                }
            }
        }
        tensors.forEach((name, tensor) -> {
            if (!GENERATED.matcher(name).matches() && !named.contains(name)) {
                weights.put(name, tensor);
            }
        });
        stated.forEach((attribute, values) -> metadata.put("onnx." + attribute, values.substring(1)));
        return weights;
    }

    private static void state(Map<String, StringBuilder> stated, String attribute, String module, OnnxNode node) {
        long[] values = node.integers(attribute);
        if (Arrays.stream(values).anyMatch(value -> value != 1)) {
            boolean square = Arrays.stream(values).distinct().count() == 1;
            stated.computeIfAbsent(attribute, of -> new StringBuilder()).append(' ').append(module).append('=')
                    .append(Arrays.stream(square ? Arrays.copyOf(values, 1) : values).mapToObj(String::valueOf)
                            .collect(Collectors.joining("x")));
        }
    }

    /** Checks that a linear layer has a row of weights for each of its results. */
    private static void requireRows(OnnxNode node) throws WeightFileException {
        if (!Arrays.equals(node.integers("transB"), new long[] {1})) {
            throw new WeightFileException("has the weight " + WeightFileException.quote(node.inputs().get(1)) + " of a linear layer"
                    + " transposed, which PyTorch's exporter does not; read the network in the program that made it, and save its"
                    + " state_dict");
        }
    }

    /**
     * The module of a weight: {@code layer1.0.conv1} for {@code layer1.0.conv1.weight}, and for a weight {@code onnx::Conv_7} of a node
     * {@code /layer1/layer1.0/conv1/Conv}; empty if neither has its name.
     */
    private static String module(String weight, String node) {
        if (weight.endsWith(WEIGHT)) {
            return weight.substring(0, weight.length() - WEIGHT.length());
        }
        List<String> path = new ArrayList<>();
        String[] parts = GENERATED.matcher(weight).matches() && node.length() <= LONGEST_NAME ? node.split("/") : new String[0];
        for (int i = 1; i < parts.length - 1; i++) {
            // The children of a Sequential have its name in theirs.
            if (!path.isEmpty() && parts[i].startsWith(path.get(path.size() - 1) + ".")) {
                path.remove(path.size() - 1);
            }
            path.add(parts[i]);
        }
        return String.join(".", path);
    }
}
