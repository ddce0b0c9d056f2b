// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestTest {

  private static final Sampling DEFAULTS = new Sampling(0.6, 20, 0.95, 0.1, 1.1, 0.2, 0.3);

  @Test
  void takesTheModelsSamplingWhereItIsSilent() {
    assertEquals(DEFAULTS, Request.prompt("x").build().sampling(DEFAULTS));
    Sampling mixed = Request.prompt("x").temperature(0).topK(0).build().sampling(DEFAULTS);
    assertEquals(new Sampling(0, 0, 0.95, 0.1, 1.1, 0.2, 0.3), mixed);
  }

  @Test
  void refusesSamplingThatMakesNoSense() {
    List<Request.Builder> wrong =
        List.of(
            Request.prompt("x").temperature(Double.NaN),
            Request.prompt("x").temperature(-1),
            Request.prompt("x").temperature(Double.POSITIVE_INFINITY),
            Request.prompt("x").topK(-1),
            Request.prompt("x").topP(0),
            Request.prompt("x").topP(Double.NaN),
            Request.prompt("x").topP(1.5),
            Request.prompt("x").minP(-0.1),
            Request.prompt("x").repetitionPenalty(0),
            Request.prompt("x").presencePenalty(Double.NaN),
            Request.prompt("x").frequencyPenalty(Double.NEGATIVE_INFINITY));
    for (Request.Builder builder : wrong) {
      assertThrows(MixtureException.BadRequest.class, builder::build);
    }
  }

  @Test
  void refusesLimitsThatMakeNoSense() {
    Request.Builder builder = Request.tokens(1);
    assertThrows(MixtureException.BadRequest.class, () -> builder.maxTokens(0));
    assertThrows(MixtureException.BadRequest.class, () -> builder.stop(""));
    assertThrows(MixtureException.BadRequest.class, () -> builder.logprobs(-1));
    assertThrows(MixtureException.BadRequest.class, () -> builder.deadline(Duration.ZERO));
    assertThrows(MixtureException.BadRequest.class, () -> builder.logitBias(3, Float.NaN));
    assertThrows(MixtureException.BadRequest.class, () -> builder.tools(List.of()));
    assertThrows(MixtureException.BadRequest.class, () -> builder.variable("x", true));
    assertThrows(MixtureException.BadRequest.class, () -> builder.parseSpecial(true));
  }

  @Test
  void isNotChangedByItsBuilderAfterwards() {
    Request.Builder builder = Request.prompt("x").stop("a").logitBias(1, 2f);
    Request request = builder.build();
    builder.stop("b").logitBias(2, 3f).maxTokens(5);
    assertEquals(List.of("a"), request.stops());
    assertEquals(Map.of(1, 2f), request.logitBias());
    assertTrue(request.maxTokens().isEmpty());
  }

  @Test
  void aMessageShowsTheTemplateItsFurtherFields() {
    Message message = Message.assistant("hi").with("reasoning_content", "because");
    assertEquals(
        Map.of("role", "assistant", "content", "hi", "reasoning_content", "because"),
        message.toMap());
  }

  @Test
  void cacheBytesFollowTheType() {
    ModelInfo info =
        new ModelInfo(
            "m",
            "GGUF v3",
            "f",
            "",
            1,
            List.of(),
            8,
            9,
            10,
            0,
            0,
            false,
            1,
            1,
            1000,
            1,
            64,
            Map.of(),
            List.of(),
            "",
            "",
            Sampling.GREEDY,
            List.of());
    assertEquals(64 * 4 * 10, info.cacheBytes(10, CacheType.F32));
    assertEquals(64 * 2 * 10, info.cacheBytes(10, CacheType.F16));
    assertEquals(68 * 10, info.cacheBytes(10, CacheType.Q8_0));
    assertEquals(1000 + 1280, info.requiredBytes(10, CacheType.F16));
  }
}
