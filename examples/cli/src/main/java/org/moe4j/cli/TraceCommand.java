// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.Generation;
import org.moe4j.MixtureModel;
import org.moe4j.Scores;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes logits and routing of given token ids, for comparison with other implementations. */
@Command(
    name = "trace",
    description = {
      "A pass over given token ids. Writes logits F32 [T, vocabulary] and for each layer i with experts",
      "layer.i.experts I32 [T, k] and layer.i.weights F32 [T, k]; with --greedy also greedy I32 [N]."
    },
    sortOptions = false)
final class TraceCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private CommonOptions common;

  @Option(names = "--tokens", required = true, paramLabel = "IDS", description = "Ids: 1,2,3.")
  private String tokens;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The safetensors file to write.")
  private Path out;

  @Option(
      names = "--greedy",
      paramLabel = "N",
      description = "Also the next N tokens at temperature 0, through the cache.")
  private @Nullable Integer greedy;

  @Override
  public Integer call() throws IOException {
    int[] ids = ids();
    if (greedy != null && greedy < 1) {
      throw new ParameterException(
          spec.commandLine(), "--greedy must be at least 1, was " + greedy);
    }
    try (MixtureModel model = common.open(CacheType.F32, 0)) {
      SafetensorsWriter writer = new SafetensorsWriter();
      Scores scores = model.score(ids, Scores.Detail.LOGITS, Scores.Detail.ROUTING);
      writer.add(
          "logits",
          "F32",
          ids.length,
          scores.logits(0).length,
          (row, into) -> into.asFloatBuffer().put(scores.logits(row)));
      for (int layer : model.info().moeLayers()) {
        addRouting(writer, scores, layer);
      }
      if (greedy != null) {
        try (Generation generation = model.start(Greedy.request(ids, greedy))) {
          writer.addVector("greedy", Greedy.await(generation).ids());
        }
      }
      writer.write(out);
      return Main.DONE;
    }
  }

  private int[] ids() {
    try {
      String[] parts = tokens.split(",", -1);
      int[] ids = new int[parts.length];
      for (int i = 0; i < parts.length; i++) {
        ids[i] = Integer.parseInt(parts[i].strip());
      }
      return ids;
    } catch (NumberFormatException e) {
      throw new ParameterException(
          spec.commandLine(),
          "--tokens must be ids separated by commas: %s".formatted(e.getMessage()),
          e);
    }
  }

  private static void addRouting(SafetensorsWriter writer, Scores scores, int layer) {
    int rows = scores.size();
    int k = scores.experts(layer, 0).length;
    writer.add(
        "layer." + layer + ".experts",
        "I32",
        rows,
        k,
        (row, into) -> into.asIntBuffer().put(scores.experts(layer, row)));
    writer.add(
        "layer." + layer + ".weights",
        "F32",
        rows,
        k,
        (row, into) -> into.asFloatBuffer().put(scores.weights(layer, row)));
  }
}
