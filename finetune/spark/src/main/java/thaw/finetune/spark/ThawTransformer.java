package thaw.finetune.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReadable;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Adds a model's predictions for images to a data set, or their features:
 *
 * <pre>{@code
 * Dataset<Row> images = spark.read().format("binaryFile").option("recursiveFileLookup", true).load("hdfs:///photos");
 * Dataset<Row> scored = new ThawTransformer().setModel("hdfs:///dogscats.safetensors").transform(images);
 * scored.select("path", "label", "probability", "error").write().parquet("hdfs:///scored");
 * }</pre>
 *
 * <p>The column {@link #inputCol} has the bytes of image files (binary), or their paths (string), which executors read by Hadoop's file
 * systems. Added are
 * <ul>
 * <li>{@link #labelCol}: the most probable class, a string
 * <li>{@link #probabilityCol}: its probability, a double
 * <li>{@link #probabilitiesCol}: those of all classes in the model's order, an array of doubles
 * <li>{@link #errorCol}: null, or, where the image cannot be read, the reason; the other columns are null then
 * </ul>
 *
 * <p>If {@link #featuresCol} is set, features are added in place of the first three: the input of the network's last layer, a vector of
 * {@code spark.ml}, equal to {@link thaw.finetune.predict.Classifier#features} to the bit.
 *
 * <p>{@link #transform} reads the model on the driver, so that an unreadable one fails there, and broadcasts it: executors need no access
 * to the file. Tasks of an executor share one classifier; each computes with {@code spark.task.cpus} threads. A job fails if an executor
 * runs another major version of Java than the driver. A saved transformer has a copy of its model.
 */
public final class ThawTransformer extends Transformer implements DefaultParamsWritable {
    private static final long serialVersionUID = 1L;
    /** The model's name in the folder of a saved transformer. */
    private static final String SAVED_MODEL = "model.safetensors";
    /** The column of {@code binaryFile} that names images in messages, where there is one. */
    private static final String PATH = "path";

    private final String uid;
    private final Param<String> model;
    private final Param<String> inputCol;
    private final Param<String> labelCol;
    private final Param<String> probabilityCol;
    private final Param<String> probabilitiesCol;
    private final Param<String> featuresCol;
    private final Param<String> errorCol;
    private transient @Nullable Loaded loaded;

    /** The model of a transformer that was saved. Spark deletes the file before the transformer is saved to the same folder again. */
    private record Loaded(String path, byte[] file) {
    }

    /** A transformer with a random uid. */
    public ThawTransformer() {
        this("thaw_" + UUID.randomUUID().toString().substring(0, 12));
    }

    /** A transformer without a model; its input is the column {@code content}, as of {@code binaryFile}. */
    public ThawTransformer(String uid) {
        this.uid = uid;
        model = new Param<>(this, "model", "a model file's path, in any file system of Hadoop's");
        inputCol = column("inputCol", "image files' bytes (binary) or paths (string)", "content");
        labelCol = column("labelCol", "the most probable class", "label");
        probabilityCol = column("probabilityCol", "its probability", "probability");
        probabilitiesCol = column("probabilitiesCol", "the probabilities of all classes", "probabilities");
        featuresCol = new Param<>(this, "featuresCol", "column of features; if set, they take the place of classes and probabilities");
        errorCol = column("errorCol", "why an image cannot be read", "error");
    }

    private Param<String> column(String name, String content, String usual) {
        Param<String> column = new Param<>(this, name, "column of " + content);
        setDefault(column, usual);
        return column;
    }

    /** {@inheritDoc} */
    @Override
    public String uid() {
        return uid;
    }

    // ---- parameters --------------------------------------------------------------------------------------------

    /** The path of the model file. */
    public Param<String> model() {
        return model;
    }

    /** The column of images; {@code content} by default. */
    public Param<String> inputCol() {
        return inputCol;
    }

    /** The column of the most probable class; {@code label} by default. */
    public Param<String> labelCol() {
        return labelCol;
    }

    /** The column of its probability; {@code probability} by default. */
    public Param<String> probabilityCol() {
        return probabilityCol;
    }

    /** The column of all probabilities; {@code probabilities} by default. */
    public Param<String> probabilitiesCol() {
        return probabilitiesCol;
    }

    /** The column of features; not set by default. */
    public Param<String> featuresCol() {
        return featuresCol;
    }

    /** The column of errors; {@code error} by default. */
    public Param<String> errorCol() {
        return errorCol;
    }

    /** Sets the path of the model file, in any file system of Hadoop's. */
    public ThawTransformer setModel(String path) {
        set(model, path);
        return this;
    }

    /** Sets the column of images: files' bytes, or paths. */
    public ThawTransformer setInputCol(String column) {
        set(inputCol, column);
        return this;
    }

    /** Sets the name of the column of the most probable class. */
    public ThawTransformer setLabelCol(String column) {
        set(labelCol, column);
        return this;
    }

    /** Sets the name of the column of its probability. */
    public ThawTransformer setProbabilityCol(String column) {
        set(probabilityCol, column);
        return this;
    }

    /** Sets the name of the column of all probabilities. */
    public ThawTransformer setProbabilitiesCol(String column) {
        set(probabilitiesCol, column);
        return this;
    }

    /** Sets the name of the column of features, which take the place of classes and probabilities. */
    public ThawTransformer setFeaturesCol(String column) {
        set(featuresCol, column);
        return this;
    }

    /** Sets the name of the column of errors. */
    public ThawTransformer setErrorCol(String column) {
        set(errorCol, column);
        return this;
    }

    // ---- transforming ------------------------------------------------------------------------------------------

    /**
     * Adds the columns; images are computed when the result is.
     *
     * @throws IllegalArgumentException if no model is set, if its file holds no model, or like {@link #transformSchema}
     * @throws UncheckedIOException     if the model's file is missing or damaged
     */
    @Override
    public Dataset<Row> transform(Dataset<?> images) {
        StructType schema = images.schema();
        StructType transformed = transformSchema(schema);
        SparkSession session = images.sparkSession();
        Configuration hadoop = session.sparkContext().hadoopConfiguration();
        ModelBroadcast read = ModelBroadcast.of(modelPath(), modelFile(hadoop), hadoop);
        ImageBatches batches = new ImageBatches(JavaSparkContext.fromSparkContext(session.sparkContext()).broadcast(read),
                schema.fieldIndex(getOrDefault(inputCol)), Arrays.asList(schema.fieldNames()).indexOf(PATH), isSet(featuresCol));
        return images.toDF().mapPartitions(batches, Encoders.row(transformed));
    }

    private String modelPath() {
        if (!isSet(model)) {
            throw new IllegalArgumentException("model: none is set; give a model file's path to setModel");
        }
        return getOrDefault(model);
    }

    private byte[] modelFile(Configuration hadoop) {
        String path = modelPath();
        return loaded != null && loaded.path.equals(path) ? loaded.file : ModelBroadcast.file(path, hadoop);
    }

    /**
     * The given columns and the added ones.
     *
     * @throws IllegalArgumentException if the column of images is missing or of another type, or if a column that would be added is
     *     there already
     */
    @Override
    public StructType transformSchema(StructType schema) {
        String input = getOrDefault(inputCol);
        List<String> given = Arrays.asList(schema.fieldNames());
        if (!given.contains(input)) {
            throw new IllegalArgumentException("inputCol: there is no column '" + input + "' in " + given);
        }
        DataType type = schema.apply(input).dataType();
        if (!type.equals(DataTypes.BinaryType) && !type.equals(DataTypes.StringType)) {
            throw new IllegalArgumentException("inputCol: expected image files' bytes (binary) or paths (string), column '" + input
                    + "' is of type " + type.simpleString());
        }
        StructType transformed = schema;
        for (StructField column : added()) {
            if (Arrays.asList(transformed.fieldNames()).contains(column.name())) {
                throw new IllegalArgumentException("the column '" + column.name() + "' is there already; give another name by "
                        + "setLabelCol, setProbabilityCol, setProbabilitiesCol, setFeaturesCol or setErrorCol");
            }
            transformed = transformed.add(column);
        }
        return transformed;
    }

    private List<StructField> added() {
        List<StructField> columns = new ArrayList<>();
        if (isSet(featuresCol)) {
            columns.add(DataTypes.createStructField(getOrDefault(featuresCol), SQLDataTypes.VectorType(), true));
        } else {
            columns.add(DataTypes.createStructField(getOrDefault(labelCol), DataTypes.StringType, true));
            columns.add(DataTypes.createStructField(getOrDefault(probabilityCol), DataTypes.DoubleType, true));
            columns.add(DataTypes.createStructField(getOrDefault(probabilitiesCol),
                    DataTypes.createArrayType(DataTypes.DoubleType, false), true));
        }
        columns.add(DataTypes.createStructField(getOrDefault(errorCol), DataTypes.StringType, true));
        return columns;
    }

    /** {@inheritDoc} */
    @Override
    public ThawTransformer copy(ParamMap extra) {
        ThawTransformer copy = defaultCopy(extra);
        copy.loaded = loaded;
        return copy;
    }

    // ---- files -------------------------------------------------------------------------------------------------

    /** Writes the parameters and a copy of the model. */
    @Override
    public MLWriter write() {
        MLWriter parameters = DefaultParamsWritable.super.write();
        return new MLWriter() {
            @Override
            public void saveImpl(String folder) {
                Configuration hadoop = sparkSession().sparkContext().hadoopConfiguration();
                byte[] file = modelFile(hadoop);
                Path to = new Path(folder, SAVED_MODEL);
                try {
                    parameters.session(sparkSession()).save(folder);
                    try (FSDataOutputStream out = to.getFileSystem(hadoop).create(to)) {
                        out.write(file);
                    }
                } catch (IOException failed) {
                    throw new UncheckedIOException(failed);
                }
            }
        };
    }

    /** A reader of saved transformers. */
    public static MLReader<ThawTransformer> read() {
        return new MLReader<>() {
            @Override
            public ThawTransformer load(String folder) {
                ThawTransformer read = new DefaultParamsReadable<ThawTransformer>() {
                }.read().session(sparkSession()).load(folder);
                String path = new Path(folder, SAVED_MODEL).toString();
                read.loaded = new Loaded(path, ModelBroadcast.file(path, sparkSession().sparkContext().hadoopConfiguration()));
                return read.setModel(path);
            }
        };
    }

    /** Reads a saved transformer. */
    public static ThawTransformer load(String folder) {
        return read().load(folder);
    }
}
