// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.scalar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.ImmutableIntArray;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.moe4j.CacheType;
import org.moe4j.Expert;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.Routing;
import org.moe4j.SoftmaxTopK;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;
import org.moe4j.device.Device.ExpertSet;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.Device.RoutingRows;
import org.moe4j.device.Device.Rows;
import org.moe4j.device.DeviceProvider;
import org.moe4j.device.RoutePlan;
import org.moe4j.format.TensorData;
import org.moe4j.format.TensorType;
import org.moe4j.model.Attention;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.LayerState;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.model.Norm;
import org.moe4j.model.Reach;
import org.moe4j.model.Rotary;

class ScalarDeviceTest {

  private static final float NO_TURN = 0;
  private static final double LN3 = Math.log(3);

  private final Device device = new ScalarDevice();

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void isFoundByItsName() {
    List<String> names = new ArrayList<>();
    for (DeviceProvider provider : ServiceLoader.load(DeviceProvider.class)) {
      names.add(provider.name());
      if (provider.name().equals("scalar")) {
        assertTrue(provider.unavailable().isEmpty());
      }
    }
    assertTrue(names.contains("scalar"), names.toString());
  }

  @Test
  void multipliesAndAddsTheBias() {
    Linear linear =
        new Linear(tensor(new long[] {2, 5}, 1, 2, 3, 4, 5, 0, -1, 0, 1, 2), tensor(10, 20));
    Rows in = rows(5, 1, 1, 1, 1, 1, /* second row */ 2, 0, 0, 0, 1);
    Rows out = device.allocate(2, 2);
    device.linear(device.load(linear), 2, in, out);
    assertArrayEquals(new float[] {15 + 10, 2 + 20}, row(out, 0));
    assertArrayEquals(new float[] {7 + 10, 2 + 20}, row(out, 1));
  }

  @Test
  void refusesATypeThatItCannotMultiplyWith() {
    TensorData weight =
        TensorData.of("m.gguf", "w", TensorType.I8, MemorySegment.ofArray(new byte[4]), 2, 2);
    MixtureException.Unsupported refused =
        assertThrows(MixtureException.Unsupported.class, () -> device.load(Linear.of(weight)));
    assertTrue(refused.getMessage().contains("m.gguf"), refused.getMessage());
    assertTrue(refused.getMessage().contains("w: tensor type I8"), refused.getMessage());
    assertTrue(refused.getMessage().contains("Q4_K"), refused.getMessage());
  }

  @Test
  void embedsTheRowOfEachToken() {
    Rows out = device.allocate(2, 2);
    device.embed(
        device.load(Linear.of(tensor(new long[] {3, 2}, 0, 1, 10, 11, 20, 21))),
        new Batch(List.of(segment(index -> null, 0, 2, 1))),
        out);
    assertArrayEquals(new float[] {20, 21}, row(out, 0));
    assertArrayEquals(new float[] {10, 11}, row(out, 1));
  }

  @Test
  void normsByTheRootOfTheMeanSquare() {
    // mean(3^2, 4^2, 0, 0) = 6.25 = 2.5^2
    Rows rows = rows(4, 3, 4, 0, 0);
    device.norm(device.load(Norm.rootMeanSquare(tensor(1, 2, 1, 1), 0)), 1, rows, rows);
    assertArrayEquals(new float[] {1.2f, 3.2f, 0, 0}, row(rows, 0), 1e-6f);
  }

  @Test
  void normsAddEpsilonToTheMeanSquare() {
    Rows rows = rows(2, 1, 1);
    device.norm(device.load(Norm.rootMeanSquare(tensor(1, 1), 3)), 1, rows, rows);
    assertArrayEquals(new float[] {0.5f, 0.5f}, row(rows, 0), 1e-7f);
  }

  @Test
  void gatesWithSilu() {
    // silu(ln 3) = ln 3 x 3/4
    GatedFeedForward body =
        new GatedFeedForward(
            Linear.of(tensor(new long[] {1, 2}, 1, 0)),
            Linear.of(tensor(new long[] {1, 2}, 0, 1)),
            Linear.of(tensor(new long[] {2, 1}, 4, -8)));
    Rows out = device.allocate(1, 2);
    device.feedForward(device.load(body), 1, rows(2, (float) LN3, 2), out);
    assertArrayEquals(new float[] {(float) (6 * LN3), (float) (-12 * LN3)}, row(out, 0), 1e-5f);
  }

  @Test
  void scalesByTheSigmoidOfTheGate() {
    Rows scaled = rows(2, 8, 4);
    device.scaleBySigmoid(
        device.load(Linear.of(tensor(new long[] {1, 2}, 1, 0))),
        1,
        rows(2, (float) LN3, 5),
        scaled);
    assertArrayEquals(new float[] {6, 3}, row(scaled, 0), 1e-5f);
  }

  @Test
  void addsAndGathers() {
    Rows sum = rows(1, 1, 2, 3);
    device.add(3, rows(1, 10, 20, 30), sum);
    Rows chosen = device.allocate(2, 1);
    Batch batch =
        new Batch(
            List.of(
                new Batch.Segment(index -> null, 0, ImmutableIntArray.of(5, 5), 1),
                new Batch.Segment(index -> null, 0, ImmutableIntArray.of(5), 1)));
    device.gather(batch, sum, chosen);
    assertArrayEquals(new float[] {22}, row(chosen, 0));
    assertArrayEquals(new float[] {33}, row(chosen, 1));
  }

  // ---------------------------------------------------------------- attention

  /** All keys are zero, so that each position is the mean of the values it sees: 1, 2, 3, ... */
  private float[] means(int window, CacheType type) {
    Attention attention = oneHead(0, window);
    Rows in = rows(2, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5);
    Rows out = device.allocate(5, 2);
    try (Device.Page page = page(type, 1, 2)) {
      device.mixSequence(device.load(attention), 0, batch(page, 5), in, out);
    }
    float[] means = new float[5];
    for (int i = 0; i < 5; i++) {
      means[i] = row(out, i)[1];
    }
    return means;
  }

  @Test
  void attendsToThePastAlone() {
    assertArrayEquals(new float[] {1, 1.5f, 2, 2.5f, 3}, means(0, CacheType.F32), 1e-6f);
    assertArrayEquals(new float[] {1, 1.5f, 2, 2.5f, 3}, means(0, CacheType.F16), 1e-6f);
  }

  @Test
  void q8KeepsASingleValueWithinAHundredth() {
    // The values' rows are (0, n): the scale n/127 is a half, whose error is at most 2^-11.
    assertArrayEquals(new float[] {1, 1.5f, 2, 2.5f, 3}, means(0, CacheType.Q8_0), 3e-3f);
  }

  @Test
  void windowCountsThePositionItself() {
    assertArrayEquals(new float[] {1, 1.5f, 2.5f, 3.5f, 4.5f}, means(2, CacheType.F32), 1e-6f);
    assertArrayEquals(new float[] {1, 2, 3, 4, 5}, means(1, CacheType.F32), 1e-6f);
  }

  @Test
  void weighsByTheSoftmaxOfScaledProducts() {
    // Row 1: scores 0 and ln 3, so weights 1/4 and 3/4 over the values 0 and 8.
    Attention attention = oneHead((float) LN3, 0);
    Rows out = device.allocate(2, 2);
    try (Device.Page page = page(CacheType.F32, 1, 2)) {
      device.mixSequence(device.load(attention), 0, batch(page, 2), rows(2, 0, 0, 1, 8), out);
    }
    assertEquals(6, row(out, 1)[1], 1e-5f);
  }

  @Test
  void chunksOfAnyBoundaryGiveTheSameBits() {
    Attention attention = oneHead(0.3f, 3);
    float[] values = new float[2 * 70];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) StrictMath.sin(i);
    }
    Rows whole = device.allocate(70, 2);
    try (Device.Page page = page(CacheType.F16, 1, 2);
        Device.Page next = page(CacheType.F16, 1, 2)) {
      Batch.Pages pages = index -> index == 0 ? page : next;
      device.mixSequence(
          device.load(attention),
          0,
          new Batch(List.of(segment(pages, 0, new int[70]))),
          rows(2, values),
          whole);
    }
    try (Device.Page page = page(CacheType.F16, 1, 2);
        Device.Page next = page(CacheType.F16, 1, 2)) {
      Batch.Pages pages = index -> index == 0 ? page : next;
      for (int start = 0; start < 70; start += 7) {
        float[] part = java.util.Arrays.copyOfRange(values, 2 * start, 2 * start + 14);
        Rows out = device.allocate(7, 2);
        Batch batch = new Batch(List.of(segment(pages, start, new int[7])));
        device.mixSequence(device.load(attention), 0, batch, rows(2, part), out);
        for (int i = 0; i < 7; i++) {
          assertArrayEquals(row(whole, start + i), row(out, i), "position " + (start + i));
        }
      }
    }
  }

  @Test
  void sequencesOfABatchDoNotSeeEachOther() {
    Attention attention = oneHead(0, 0);
    Rows out = device.allocate(3, 2);
    try (Device.Page one = page(CacheType.F32, 1, 2);
        Device.Page other = page(CacheType.F32, 1, 2)) {
      Batch batch =
          new Batch(List.of(segment(index -> one, 0, 0, 0), segment(index -> other, 0, 0)));
      device.mixSequence(device.load(attention), 0, batch, rows(2, 0, 1, 0, 3, 0, 7), out);
    }
    assertEquals(2, row(out, 1)[1], 1e-6f);
    assertEquals(7, row(out, 2)[1], 1e-6f);
  }

  @Test
  void queryHeadsShareKeyValueHeadsInOrder() {
    // 4 query heads of one dimension over 2 key-value heads; all scores are 0, so each head gives
    // the mean of its values.
    Linear zeroes = Linear.of(tensor(new long[] {4, 2}, new float[8]));
    Linear zeroKeys = Linear.of(tensor(new long[] {2, 2}, new float[4]));
    Linear identity = Linear.of(tensor(new long[] {2, 2}, 1, 0, 0, 1));
    // Row o of the output picks head o.
    Linear output = Linear.of(tensor(new long[] {2, 4}, 1, 1, 0, 0, 0, 0, 1, 1));
    Attention attention =
        new Attention(
            4,
            2,
            1,
            new Attention.Maps(zeroes, zeroKeys, identity, output),
            0,
            Attention.Norms.NONE,
            new Rotary(new float[0], false, 1),
            null,
            1,
            Reach.ALL,
            null);
    Rows out = device.allocate(1, 2);
    try (Device.Page page = page(CacheType.F32, 2, 1)) {
      device.mixSequence(device.load(attention), 0, batch(page, 1), rows(2, 5, 9), out);
    }
    assertArrayEquals(new float[] {10, 18}, row(out, 0), 1e-6f);
  }

  @Test
  void clipsQueriesKeysAndValues() {
    // Scores are 0 x anything, the value 8 is clipped to 2.
    Attention plain = oneHead(0, 0);
    Attention clipped = with(plain, 2, null, null, plain.rotary());
    Rows out = device.allocate(1, 2);
    try (Device.Page page = page(CacheType.F32, 1, 2)) {
      device.mixSequence(device.load(clipped), 0, batch(page, 1), rows(2, 0, 8), out);
    }
    assertEquals(2, row(out, 0)[1], 1e-6f);
  }

  @Test
  void rotatesBothPairings() {
    // A quarter turn a position: at position 1 key (a, b) becomes (-b, a) in each pair; the query
    // of position 1 likewise.
    for (boolean interleaved : new boolean[] {false, true}) {
      float[] scores = scoresOfTurnedKeys(interleaved);
      // Query e0 at position 1 against keys e0..e3 at position 0. Turned query: e0 -> its partner.
      int partner = interleaved ? 1 : 2;
      for (int i = 0; i < 4; i++) {
        assertEquals(i == partner ? 1 : 0, scores[i], 1e-6f, "dimension " + i);
      }
    }
  }

  /**
   * The score of query e0 at position 1 with key e[i] at position 0, turned by a quarter a
   * position.
   */
  private float[] scoresOfTurnedKeys(boolean interleaved) {
    float[] scores = new float[4];
    for (int i = 0; i < 4; i++) {
      // Hidden is (selector of the key, selector of the query, value, unused).
      float[] key = new float[16];
      key[4 * i] = 1;
      Attention attention =
          new Attention(
              1,
              1,
              4,
              new Attention.Maps(
                  Linear.of(
                      tensor(new long[] {4, 4}, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                  Linear.of(tensor(new long[] {4, 4}, key)),
                  Linear.of(
                      tensor(new long[] {4, 4}, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
                  Linear.of(
                      tensor(new long[] {4, 4}, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))),
              0,
              Attention.Norms.NONE,
              new Rotary(
                  new float[] {(float) (Math.PI / 2), (float) (Math.PI / 2)}, interleaved, 1),
              null,
              1,
              Reach.ALL,
              null);
      Rows out = device.allocate(2, 4);
      try (Device.Page page = page(CacheType.F32, 1, 4)) {
        // Position 0 has key e[i] and value 1, position 1 has query e0, key 0 and value 0.
        device.mixSequence(
            device.load(attention), 0, batch(page, 2), rows(4, 1, 0, 1, 0, 0, 1, 0, 0), out);
      }
      // weight of position 0 = exp(s) / (exp(s) + 1)
      float weight = row(out, 1)[0];
      scores[i] = (float) Math.log(weight / (1 - weight));
    }
    return scores;
  }

  @Test
  void normsEachHeadOrTheWholeRowByTheWidthOfTheWeight() {
    float[] wide = normedValueScores(tensor(1, 1, 1, 1));
    float[] narrow = normedValueScores(tensor(1, 1));
    // Query (3, 4, 0, 0) of two heads of 2: over the whole row the root mean square is 2.5, over
    // head 0 it is sqrt(12.5).
    assertEquals(3 / 2.5, wide[0], 1e-5);
    assertEquals(3 / Math.sqrt(12.5), narrow[0], 1e-5);
  }

  /** The first component of the normed query, read off as a score with key e0. */
  private float[] normedValueScores(TensorData weight) {
    // Hidden is (query selector, key selector, value).
    Linear query = Linear.of(tensor(new long[] {4, 3}, 3, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0));
    Linear key = Linear.of(tensor(new long[] {2, 3}, 0, 1, 0, 0, 0, 0));
    Linear value = Linear.of(tensor(new long[] {2, 3}, 0, 0, 1, 0, 0, 0));
    Linear output = Linear.of(tensor(new long[] {3, 4}, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    Attention attention =
        new Attention(
            2,
            1,
            2,
            new Attention.Maps(query, key, value, output),
            0,
            new Attention.Norms(Norm.rootMeanSquare(weight, 1e-9f), null, null, false),
            new Rotary(new float[] {NO_TURN}, false, 1),
            null,
            1,
            Reach.ALL,
            null);
    Rows out = device.allocate(2, 3);
    try (Device.Page page = page(CacheType.F32, 1, 2)) {
      device.mixSequence(device.load(attention), 0, batch(page, 2), rows(3, 0, 1, 1, 1, 0, 0), out);
    }
    float share = row(out, 1)[0];
    return new float[] {(float) Math.log(share / (1 - share))};
  }

  @Test
  void copiesAPage() {
    Attention attention = oneHead(0, 0);
    Rows out = device.allocate(2, 2);
    try (Device.Page page = page(CacheType.F32, 1, 2);
        Device.Page copy = page(CacheType.F32, 1, 2)) {
      device.mixSequence(device.load(attention), 0, batch(page, 1), rows(2, 0, 4), out);
      device.copyPage(page, copy);
      Batch next = new Batch(List.of(segment(index -> copy, 1, 0)));
      device.mixSequence(device.load(attention), 0, next, rows(2, 0, 8), out);
    }
    assertEquals(6, row(out, 0)[1], 1e-6f);
  }

  // ------------------------------------------------------------------ mixture

  private static float[] scaled(float[] hidden, float factor) {
    float[] result = hidden.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] *= factor;
    }
    return result;
  }

  private RoutingRows route(Router rule, Rows in, Batch batch) {
    RoutingRows routing = device.allocateRouting(batch.rows(), 3);
    // The logits of a row (a, b) are a, b and 0.
    Device.LinearWeights router =
        device.load(Linear.of(tensor(new long[] {3, 2}, 1, 0, 0, 1, 0, 0)));
    RoutePlan plan =
        new RoutePlan(
            7,
            new SoftmaxTopK(2, true),
            List.of(new RoutePlan.Range(0, 0, batch.rows(), rule)),
            (segment, failure) -> {
              throw failure;
            });
    device.route(router, plan, batch, in, routing);
    return routing;
  }

  @Test
  void routesAndSumsTheChosenExperts() {
    Batch batch = new Batch(List.of(segment(index -> null, 0, 0, 0)));
    Rows in = rows(2, (float) LN3, 0, -9, 1);
    RoutingRows routing = route(new SoftmaxTopK(2, true), in, batch);
    Routing chosen = device.routing(routing);
    assertEquals(0, chosen.expert(0, 0));
    assertEquals(0.75f, chosen.weight(0, 0), 1e-6f);
    assertEquals(1, chosen.expert(0, 1));
    assertEquals(1, chosen.expert(1, 0));

    List<FeedForwardWeights> experts = new ArrayList<>();
    for (float factor : new float[] {100, 10, 1}) {
      experts.add(device.load((hidden, rows) -> scaled(hidden, factor), "test"));
    }
    Rows out = device.allocate(2, 2);
    ExpertSet set = device.experts(experts, Mixture.Weighting.OUTPUT);
    device.experts(set, batch, in, routing, out);
    assertEquals(77.5 * LN3, row(out, 0)[0], 1e-4);
  }

  @Test
  void anExpertRunsOnceForAllItsRows() {
    Batch batch = new Batch(List.of(segment(index -> null, 0, 0, 0, 0)));
    Rows in = rows(2, 5, 0, 0, 5, 5, 0);
    RoutingRows routing = route(new SoftmaxTopK(1, true), in, batch);
    List<String> calls = new ArrayList<>();
    List<FeedForwardWeights> experts = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      String name = "expert " + i;
      Expert expert =
          (hidden, rows) -> {
            calls.add(name + ": " + rows);
            return hidden.clone();
          };
      experts.add(device.load(expert, name));
    }
    device.experts(
        device.experts(experts, Mixture.Weighting.OUTPUT),
        batch,
        in,
        routing,
        device.allocate(3, 2));
    assertEquals(List.of("expert 0: 2", "expert 1: 1"), calls);
  }

  @Test
  void aCallersExpertThatFailsIsNamed() {
    assertFails((hidden, rows) -> new float[3], "layer 2, expert 5: expected 1 rows of 2 values");
    assertFails(ScalarDeviceTest::nothing, "layer 2, expert 5: the expert returned null");
    assertFails(
        (hidden, rows) -> {
          throw new IllegalStateException("no luck");
        },
        "no luck");
  }

  @SuppressWarnings("NullAway") // What a caller's code without null checks may do.
  private static float @Nullable [] nothing(float[] hidden, int rows) {
    return null;
  }

  private void assertFails(Expert expert, String message) {
    FeedForwardWeights loaded = device.load(expert, "layer 2, expert 5");
    Rows in = rows(2, 1, 2);
    Rows out = device.allocate(1, 2);
    MixtureException.Failed failed =
        assertThrows(MixtureException.Failed.class, () -> device.feedForward(loaded, 1, in, out));
    assertTrue(failed.getMessage().contains(message), failed.getMessage());
  }

  // ------------------------------------------------------------------ helpers

  /** Head of two dimensions: query (factor, 0), key (hidden 0, 0), value (0, hidden 1). */
  private static Attention oneHead(float factor, int window) {
    return new Attention(
        1,
        1,
        2,
        new Attention.Maps(
            new Linear(tensor(new long[] {2, 2}, 0, 0, 0, 0), tensor(factor, 0)),
            Linear.of(tensor(new long[] {2, 2}, 1, 0, 0, 0)),
            Linear.of(tensor(new long[] {2, 2}, 0, 0, 0, 1)),
            Linear.of(tensor(new long[] {2, 2}, 1, 0, 0, 1))),
        0,
        Attention.Norms.NONE,
        new Rotary(new float[] {NO_TURN}, false, 1),
        null,
        1,
        window == 0 ? Reach.ALL : new Reach.Window(window),
        null);
  }

  private static Attention with(
      Attention base, float clip, @Nullable Norm queryNorm, @Nullable Norm keyNorm, Rotary rotary) {
    return new Attention(
        base.heads(),
        base.kvHeads(),
        base.headSize(),
        base.maps(),
        clip,
        new Attention.Norms(queryNorm, keyNorm, null, false),
        rotary,
        null,
        base.scale(),
        base.reach(),
        null);
  }

  private static TensorData tensor(float... values) {
    return tensor(new long[] {values.length}, values);
  }

  private static TensorData tensor(long[] shape, float... values) {
    return TensorData.of("test", "tensor", TensorType.F32, MemorySegment.ofArray(values), shape);
  }

  private Rows rows(int width, float... values) {
    Rows rows = device.allocate(values.length / width, width);
    device.write(values, values.length / width, rows);
    return rows;
  }

  private float[] row(Rows rows, int row) {
    float[] values = new float[rows.width()];
    device.read(rows, row, values);
    return values;
  }

  private Device.Page page(CacheType type, int heads, int size) {
    return device.allocatePage(
        new CacheLayout(
            CacheLayout.PAGE_POSITIONS, type, List.of(new LayerState(heads, size, size))));
  }

  private static Batch batch(Device.Page page, int rows) {
    return new Batch(List.of(segment(index -> page, 0, new int[rows])));
  }

  private static Batch.Segment segment(Batch.Pages pages, int start, int... tokens) {
    return new Batch.Segment(pages, start, ImmutableIntArray.copyOf(tokens), 0);
  }
}
