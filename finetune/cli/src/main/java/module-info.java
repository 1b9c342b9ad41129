import org.jspecify.annotations.NullMarked;

/** The command line {@code thaw}, with its benchmark. */
@NullMarked module thaw.cli {
    requires info.picocli;
    requires java.management;
    requires jdk.httpserver;
    requires jdk.unsupported;
    requires me.tongfei.progressbar;
    requires thaw.demo;
    requires thaw.kernels.cpu;
    requires thaw.kernels.opencl;
    requires static org.jspecify;

    opens thaw.finetune.cli to info.picocli;
}
