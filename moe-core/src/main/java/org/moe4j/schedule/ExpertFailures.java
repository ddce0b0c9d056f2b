// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import java.util.ArrayList;
import java.util.List;
import org.moe4j.Expert;
import org.moe4j.MixtureException;
import org.moe4j.Routing;
import org.moe4j.decode.Decoder;
import org.moe4j.device.Batch;

/**
 * Keeps a caller's failing expert from failing anybody but the requests whose rows it was given:
 * its output is taken as zero until the step is over, then those requests fail. Used by the
 * engine's thread alone.
 */
public final class ExpertFailures {

  private final List<Failure> failures = new ArrayList<>();

  private record Failure(int layer, int index, MixtureException problem) {}

  /** Told which segments of a step failed. */
  interface Sink {
    void failed(int segment, MixtureException failure);
  }

  /**
   * A guarded form of an expert: reports what it throws and checks the size of what it returns.
   *
   * @param layer index of its layer
   * @param index index among the layer's experts
   * @param expert the caller's expert
   */
  public Expert guard(int layer, int index, Expert expert) {
    return (hidden, rows) -> {
      try {
        float[] out = expert.apply(hidden.clone(), rows);
        if (out.length == hidden.length) {
          return out;
        }
        failed(
            layer, index, "returned %d values for %d".formatted(out.length, hidden.length), null);
      } catch (RuntimeException e) {
        failed(layer, index, String.valueOf(e.getMessage()), e);
      }
      return new float[hidden.length];
    };
  }

  private void failed(
      int layer,
      int index,
      String problem,
      @org.jspecify.annotations.Nullable RuntimeException cause) {
    failures.add(
        new Failure(
            layer,
            index,
            new MixtureException.Failed(
                "expert %d of layer %d: %s".formatted(index, layer, problem), cause)));
  }

  /**
   * Reports the failures of the last step to the segments that used the experts, and forgets them.
   */
  void drain(Decoder decoder, Batch batch, Sink sink) {
    for (Failure failure : failures) {
      Routing routing = decoder.routing(failure.layer());
      int row = 0;
      for (int segment = 0; segment < batch.segments().size(); segment++) {
        int end = row + batch.segments().get(segment).rows();
        if (uses(routing, row, end, failure.index())) {
          sink.failed(segment, failure.problem());
        }
        row = end;
      }
    }
    failures.clear();
  }

  private static boolean uses(Routing routing, int from, int to, int expert) {
    for (int row = from; row < to; row++) {
      for (int slot = 0; slot < routing.count(row); slot++) {
        if (routing.expert(row, slot) == expert) {
          return true;
        }
      }
    }
    return false;
  }
}
