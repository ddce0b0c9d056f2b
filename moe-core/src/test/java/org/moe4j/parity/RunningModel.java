// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.CacheType;
import org.moe4j.Router;
import org.moe4j.Routing;
import org.moe4j.decode.Decoder;
import org.moe4j.decode.PagePool;
import org.moe4j.decode.SequenceState;
import org.moe4j.decode.StepRouters;
import org.moe4j.decode.Weights;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.DeviceProvider;
import org.moe4j.family.Families;
import org.moe4j.format.ModelFile;
import org.moe4j.model.ModelSpec;

/**
 * A model on a device, fed by hand. Only the last {@link Decoder#MOST_LOGITS} rows of a step can
 * have logits, so a longer sequence is read in pieces of that size where all of them are wanted.
 */
final class RunningModel implements AutoCloseable {

  private static final int MOST_ROWS = 512;

  private final ModelFile file;
  private final Device device;
  private final PagePool pool;
  private final Decoder decoder;

  RunningModel(Path path, DeviceProvider provider, int threads, CacheType cache) {
    file = ModelFile.open(path);
    ModelSpec spec = Families.map(file);
    device = provider.open(threads);
    Weights weights = Weights.load(device, spec, new OwnParts(), bytes -> {});
    pool = new PagePool(device, CacheLayout.of(spec, cache), Long.MAX_VALUE);
    decoder = new Decoder(device, weights, MOST_ROWS);
  }

  private static final class OwnParts implements Weights.Replacements {
    @Override
    public Router router(int layer, Router own) {
      return own;
    }

    @Override
    public @Nullable FeedForwardWeights expert(int layer, int index, Device device) {
      return null;
    }
  }

  /** A sequence with what came out of it so far. */
  final class Reading implements AutoCloseable {
    final Trace trace = new Trace();
    private final SequenceState state;

    private Reading(int announced) {
      state = new SequenceState(pool, announced);
    }

    /** Reads tokens in one step, of which the last have logits. */
    void read(int[] ids, int logits) {
      step(List.of(new Part(this, ids, logits)));
    }

    /** Reads one token and gives its logits. */
    float[] read(int id) {
      read(new int[] {id}, 1);
      return trace.logits().getLast();
    }

    @Override
    public void close() {
      state.close();
    }
  }

  /**
   * Some rows of a step.
   *
   * @param reading the sequence
   * @param ids its next tokens
   * @param logits how many of the last rows want logits
   */
  record Part(Reading reading, ImmutableIntArray ids, int logits) {

    Part(Reading reading, int[] ids, int logits) {
      this(reading, ImmutableIntArray.copyOf(ids), logits);
    }
  }

  Reading begin() {
    return begin(0);
  }

  /** Begins a sequence that is announced with so many positions. */
  Reading begin(int announced) {
    return new Reading(announced);
  }

  /** Runs parts of several sequences in one step. */
  void step(List<Part> parts) {
    List<Batch.Segment> segments = new ArrayList<>();
    for (Part part : parts) {
      int start = part.reading().state.append(part.ids().length());
      segments.add(new Batch.Segment(part.reading().state, start, part.ids(), part.logits()));
    }
    decoder.step(new Batch(segments), StepRouters.OWN);
    int row = 0;
    int logitRow = 0;
    for (Part part : parts) {
      Trace trace = part.reading().trace;
      for (int i = 0; i < part.logits(); i++) {
        trace.logits().add(decoder.logits(logitRow++).clone());
      }
      for (int layer : decoder.expertLayers()) {
        Routing routing = decoder.routing(layer);
        List<Choice> choices = trace.routing().computeIfAbsent(layer, key -> new ArrayList<>());
        for (int i = 0; i < part.ids().length(); i++) {
          choices.add(choice(routing, row + i));
        }
      }
      row += part.ids().length();
    }
  }

  private static Choice choice(Routing routing, int row) {
    ImmutableIntArray.Builder experts = ImmutableIntArray.builder();
    ImmutableDoubleArray.Builder weights = ImmutableDoubleArray.builder();
    for (int slot = 0; slot < routing.count(row); slot++) {
      experts.add(routing.expert(row, slot));
      weights.add(routing.weight(row, slot));
    }
    return new Choice(experts.build(), weights.build());
  }

  /** Reads a sequence in pieces, with the logits of all positions. */
  Trace read(int[] ids, int piece) {
    ImmutableIntArray all = ImmutableIntArray.copyOf(ids);
    try (Reading reading = begin(ids.length)) {
      for (int from = 0; from < ids.length; from += piece) {
        int rows = Math.min(piece, ids.length - from);
        step(List.of(new Part(reading, all.subArray(from, from + rows), rows)));
      }
      return reading.trace;
    }
  }

  /**
   * Reads a sequence in one step, with the logits of the last positions, as many as there can be.
   */
  Trace readAtOnce(int[] ids) {
    try (Reading reading = begin(ids.length)) {
      reading.read(ids, Math.min(ids.length, Decoder.MOST_LOGITS));
      return reading.trace;
    }
  }

  /** Continues a sequence by the best token of each step, the lowest id where several are best. */
  int[] greedy(int[] prompt, int count) {
    int[] answer = new int[count];
    try (Reading reading = begin(prompt.length)) {
      reading.read(prompt, 1);
      answer[0] = best(reading.trace.logits().getLast());
      for (int i = 1; i < count; i++) {
        answer[i] = best(reading.read(answer[i - 1]));
      }
    }
    return answer;
  }

  static int best(float[] logits) {
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    return best;
  }

  @Override
  public void close() {
    decoder.close();
    pool.close();
    device.close();
    file.close();
  }
}
