package thaw.engine.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node of an ONNX graph: an operator, the names of its inputs and of its result, and its attributes, as the page of ONNX's operators
 * defines them.
 */
public final class OnnxNode {

    // The numbers of fields in NodeProto and AttributeProto of onnx.proto3, and of types of attributes.
    private static final int INPUT = 1;
    private static final int OUTPUT = 2;
    private static final int NAME = 3;
    private static final int OPERATOR = 4;
    private static final int ATTRIBUTE = 5;
    private static final int ATTRIBUTE_NAME = 1;
    private static final int ATTRIBUTE_FLOAT = 2;
    private static final int ATTRIBUTE_INT = 3;
    private static final int ATTRIBUTE_INTS = 8;
    private static final int ATTRIBUTE_TYPE = 20;
    private static final int TYPE_FLOAT = 1;
    private static final int TYPE_INT = 2;
    private static final int TYPE_INTS = 7;

    private static final int MOST_PARTS = 1000;

    private final String operator;
    private final String name;
    private final List<String> inputs;
    private final String output;
    private final Map<String, Object> attributes = new LinkedHashMap<>();

    /**
     * A node whose name is that of its result, too.
     *
     * @param operator such as {@code Conv}
     */
    public OnnxNode(String operator, String name, List<String> inputs) {
        this(operator, name, inputs, name);
    }

    private OnnxNode(String operator, String name, List<String> inputs, String output) {
        this.operator = operator;
        this.name = name;
        this.inputs = List.copyOf(inputs);
        this.output = output;
    }

    /** Sets an attribute to a whole number. */
    public OnnxNode integer(String attribute, long value) {
        attributes.put(attribute, value);
        return this;
    }

    /** Sets an attribute to a number of single precision. */
    public OnnxNode number(String attribute, double value) {
        attributes.put(attribute, (float) value);
        return this;
    }

    /** Sets an attribute to several whole numbers. */
    public OnnxNode integers(String attribute, long... values) {
        attributes.put(attribute, values.clone());
        return this;
    }

    /** The name of the result. */
    public String output() {
        return output;
    }

    /** This node where a value, its result or one of its inputs, has another name. */
    OnnxNode renamed(String value, String to) {
        OnnxNode node = new OnnxNode(operator, name, inputs.stream().map(input -> input.equals(value) ? to : input).toList(),
                output.equals(value) ? to : output);
        node.attributes.putAll(attributes);
        return node;
    }

    String operator() {
        return operator;
    }

    String name() {
        return name;
    }

    List<String> inputs() {
        return inputs;
    }

    /** An attribute of whole numbers, or one whole number; none if the node does not state it. */
    long[] integers(String attribute) {
        Object value = attributes.get(attribute);
        return value instanceof long[] several ? several : value instanceof Long one ? new long[] {one} : new long[0];
    }

    ProtobufMessage message() {
        ProtobufMessage message = new ProtobufMessage();
        inputs.forEach(input -> message.text(INPUT, input));
        message.text(OUTPUT, output).text(NAME, name).text(OPERATOR, operator);
        attributes.forEach((attribute, value) -> message.message(ATTRIBUTE, attribute(attribute, value)));
        return message;
    }

    private static ProtobufMessage attribute(String attribute, Object value) {
        ProtobufMessage message = new ProtobufMessage().text(ATTRIBUTE_NAME, attribute);
        if (value instanceof Float number) {
            return message.number(ATTRIBUTE_FLOAT, number).number(ATTRIBUTE_TYPE, TYPE_FLOAT);
        }
        if (value instanceof Long number) {
            return message.number(ATTRIBUTE_INT, number).number(ATTRIBUTE_TYPE, TYPE_INT);
        }
        for (long number : (long[]) value) {
            message.number(ATTRIBUTE_INTS, number);
        }
        return message.number(ATTRIBUTE_TYPE, TYPE_INTS);
    }

    /** Reads a node with its first result and its attributes of whole numbers. */
    static OnnxNode read(ProtobufReader message) throws WeightFileException {
        String operator = "";
        String name = "";
        String output = "";
        List<String> inputs = new ArrayList<>();
        Map<String, List<Long>> attributes = new LinkedHashMap<>();
        while (message.next()) {
            if (message.isBytes(INPUT)) {
                inputs.add(message.text());
            } else if (message.isBytes(OUTPUT) && output.isEmpty()) {
                output = message.text();
            } else if (message.isBytes(NAME)) {
                name = message.text();
            } else if (message.isBytes(OPERATOR)) {
                operator = message.text();
            } else if (message.isBytes(ATTRIBUTE)) {
                readAttribute(message.message(), attributes);
            }
            if (inputs.size() + attributes.size() > MOST_PARTS) {
                throw new WeightFileException("has a node of more than " + MOST_PARTS + " inputs and attributes");
            }
        }
        OnnxNode node = new OnnxNode(operator, name, inputs, output);
        attributes.forEach((attribute, values) -> node.integers(attribute, values.stream().mapToLong(Long::longValue).toArray()));
        return node;
    }

    private static void readAttribute(ProtobufReader message, Map<String, List<Long>> attributes) throws WeightFileException {
        String name = "";
        List<Long> values = new ArrayList<>();
        while (message.next()) {
            if (message.isBytes(ATTRIBUTE_NAME)) {
                name = message.text();
            } else {
                message.addIntegers(ATTRIBUTE_INT, values);
                message.addIntegers(ATTRIBUTE_INTS, values);
            }
        }
        attributes.put(name, values);
    }
}
