/** ResNets with the names and the arithmetic of their published weights. */
module thaw.resnet {
    requires transitive thaw.engine;
    requires static org.jspecify;

    exports thaw.resnet;
    exports thaw.resnet.visualize;

    uses thaw.resnet.NetworkFamily;
}
