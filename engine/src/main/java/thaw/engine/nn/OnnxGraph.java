package thaw.engine.nn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import thaw.engine.Tensor;
import thaw.engine.io.OnnxFile;
import thaw.engine.io.OnnxNode;
import thaw.kernels.Pool2dOptions;
import thaw.kernels.Shape;

/**
 * The ONNX graph of a module in evaluation mode, to be written to a file that other programs run. Each module adds its nodes by
 * {@link Module#onnx}, and calls its children by {@link #call}, as {@link Module#forward} does by {@link Module#call}. Values between nodes
 * are named by the module that computes them, weights by their names in the state dict.
 */
public final class OnnxGraph {

    private final Module module;
    private final Map<Module, String> paths = new IdentityHashMap<>();
    private final Map<Tensor, String> names = new IdentityHashMap<>();
    private final List<OnnxNode> nodes = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private String path = "";
    private String result = OnnxFile.INPUT;

    private OnnxGraph(Module module) {
        this.module = module;
        module.visit("", (at, m) -> {
            paths.putIfAbsent(m, at);
            m.ownParameters().forEach((name, tensor) -> names.putIfAbsent(tensor, Module.join(at, name)));
            m.ownBuffers().forEach((name, tensor) -> names.putIfAbsent(tensor, Module.join(at, name)));
        });
    }

    /**
     * The graph of a module.
     *
     * @throws IllegalArgumentException naming the first module in it that has no counterpart in ONNX
     */
    public static OnnxGraph of(Module module) {
        OnnxGraph graph = new OnnxGraph(module);
        graph.result = graph.call(module, OnnxFile.INPUT);
        return graph;
    }

    /** Adds the nodes of a module that is called with the value of this name; returns the name of its result. */
    public String call(Module called, String x) {
        String caller = path;
        path = paths.getOrDefault(called, caller);
        try {
            return called.onnx(this, x);
        } finally {
            path = caller;
        }
    }

    /** Adds the nodes of modules that are called one after another. */
    public String call(Iterable<? extends Module> chain, String x) {
        String y = x;
        for (Module next : chain) {
            y = call(next, y);
        }
        return y;
    }

    /**
     * Adds a node; its attributes may be set until the graph is written.
     *
     * @param operator the name of an operator of opset 17, such as {@code Conv}
     * @param inputs   the names of values, of {@linkplain #tensor tensors} and {@linkplain #constant constants}
     */
    public OnnxNode node(String operator, String... inputs) {
        String kind = path.isEmpty() ? operator : path + "/" + operator;
        int before = counts.merge(kind, 1, Integer::sum) - 1;
        OnnxNode node = new OnnxNode(operator, before == 0 ? kind : kind + "_" + before, List.of(inputs));
        nodes.add(node);
        return node;
    }

    /**
     * The name of a parameter or buffer of the module or of one inside it.
     *
     * @throws IllegalArgumentException if it is of none
     */
    public String tensor(Tensor tensor) {
        String name = names.get(tensor);
        if (name == null) {
            throw new IllegalArgumentException("ONNX: " + where() + " computes with a tensor " + tensor.shape() + " that is neither a"
                    + " parameter nor a buffer; register it, so that it has a name in the file");
        }
        return name;
    }

    /** Adds a vector of whole numbers, such as a shape; returns its name. */
    public String constant(long... values) {
        return node("Constant").integers("value_ints", values).output();
    }

    /** Adds {@code MaxPool} or {@code AveragePool}; further attributes may be set. */
    public OnnxNode pool(String operator, String x, Pool2dOptions options) {
        return node(operator, x).integers("kernel_shape", options.kernelH(), options.kernelW())
                .integers("pads", options.paddingH(), options.paddingW(), options.paddingH(), options.paddingW())
                .integers("strides", options.strideH(), options.strideW());
    }

    /** Adds a pool of the whole image; ONNX has no other adaptive pools. */
    String globalPool(String operator, String x, int outH, int outW) {
        if (outH != 1 || outW != 1) {
            throw refusal("pools adaptively to " + outH + "×" + outW + " cells; ONNX has an operator only for 1×1");
        }
        return node(operator, x).output();
    }

    /** The refusal of a module that has no counterpart in ONNX. */
    IllegalArgumentException refusal(String reason) {
        return new IllegalArgumentException("ONNX: " + where() + " " + reason);
    }

    private String where() {
        return path.isEmpty() ? "the network" : path;
    }

    /**
     * Writes the graph with the module's current weights; an existing file is replaced only once the new one is complete.
     *
     * @param input    the shape of one sample: {@code [C, H, W]}
     * @param output   the shape of its result: {@code [classes]}
     * @param metadata the file's metadata, besides the counters of batch norms
     * @throws IllegalArgumentException if the file would be longer than 2 GiB, the format's limit
     * @throws IOException              if writing fails; an existing file is unchanged then
     */
    public void write(Path file, Shape input, Shape output, Map<String, String> metadata) throws IOException {
        OnnxFile.write(file, new OnnxFile.Graph(nodes, result, input, output), module.stateDict(),
                metadata);
    }
}
