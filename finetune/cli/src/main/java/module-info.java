/** The command line {@code thaw}, with its benchmark. */
module thaw.cli {
    requires info.picocli;
    requires java.management;
    requires jdk.httpserver;
    requires jdk.unsupported;
    requires me.tongfei.progressbar;
    requires thaw.demo;
    requires thaw.kernels.cpu;
    requires thaw.kernels.opencl;

    opens thaw.finetune.cli to info.picocli;
}
