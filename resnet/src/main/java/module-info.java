/** ResNets with the names and the arithmetic of their published weights. */
module thaw.resnet {
    requires transitive thaw.engine;

    exports thaw.resnet;
}
