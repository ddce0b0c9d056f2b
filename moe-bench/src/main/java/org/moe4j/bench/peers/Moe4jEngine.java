// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureModel;
import org.moe4j.bench.Measurement;

/** This library through its public API. */
final class Moe4jEngine implements Engine {

  private final String device;
  private final int threads;
  private @Nullable Measurement measurement;

  Moe4jEngine(String device, int threads) {
    this.device = device;
    this.threads = threads;
  }

  @Override
  public String description() {
    return "MoE4J (%s, JDK %s)".formatted(device, Runtime.version());
  }

  @Override
  public void open(Path file, Room room) {
    MixtureModel model =
        MixtureModel.builder(file)
            .device(device)
            .threads(threads)
            .contextLength(room.context())
            .queueLimit(room.sequences() + 1)
            .open();
    measurement = new Measurement(model, new Random(1));
  }

  private Measurement measurement() {
    if (measurement == null) {
      throw new IllegalStateException("no model is open");
    }
    return measurement;
  }

  @Override
  public double read(int tokens, int depth) {
    return measurement().read(tokens, depth).seconds();
  }

  @Override
  public double generate(int tokens, int sequences, int depth) {
    return measurement().generate(tokens, sequences, depth);
  }
}
