// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.moe4j.Expert;
import org.moe4j.ExpertInfo;
import org.moe4j.Generation;
import org.moe4j.Message;
import org.moe4j.MixtureException;
import org.moe4j.MixtureModel;
import org.moe4j.ModelInfo;
import org.moe4j.Request;
import org.moe4j.Router;
import org.moe4j.Sampling;
import org.moe4j.Scores;
import org.moe4j.Tokenizer;
import org.moe4j.decode.Weights;
import org.moe4j.device.Device;
import org.moe4j.model.GatedFeedForward;
import org.moe4j.model.Linear;
import org.moe4j.model.Mixture;
import org.moe4j.sample.Sampler;
import org.moe4j.schedule.GenerationPlan;
import org.moe4j.schedule.Scheduler;
import org.moe4j.schedule.TextStream;
import org.moe4j.spi.ModelOptions.ExpertId;
import org.moe4j.tokenizer.StreamDecoder;

/** An open model. Checks what callers give and hands it to the scheduler. */
final class LoadedModel implements MixtureModel {

  private final Parts parts;

  /**
   * What an open model consists of.
   *
   * @param info what it is
   * @param contextLength most positions of a sequence
   * @param device where it runs
   * @param weights its weights on the device
   * @param replaced the experts that a caller put in place of the model's own
   * @param prompts from requests to ids
   * @param defaults what its files say about generating
   * @param scheduler serves the requests; closing it frees everything
   */
  record Parts(
      ModelInfo info,
      int contextLength,
      Device device,
      Weights weights,
      Set<ExpertId> replaced,
      Prompts prompts,
      GenerationDefaults defaults,
      Scheduler scheduler) {}

  LoadedModel(Parts parts) {
    this.parts = parts;
  }

  @Override
  public Generation start(Request request) {
    ImmutableIntArray prompt = checked(parts.prompts().encode(request.input()));
    if (prompt.length() >= parts.contextLength()) {
      throw new MixtureException.BadRequest(
          "the prompt has %d tokens, the context holds %d and the answer needs at least one"
              .formatted(prompt.length(), parts.contextLength()));
    }
    Sampling sampling = request.sampling(parts.defaults().sampling());
    request.logitBias().keySet().forEach(this::checkId);
    int maxTokens =
        request.maxTokens().orElse(parts.defaults().maxTokens().orElse(Integer.MAX_VALUE));
    long seed = request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
    if (!request.stops().isEmpty()) {
      parts.prompts().tokenizer();
    }
    GenerationPlan plan =
        new GenerationPlan(
            prompt,
            maxTokens,
            parts.contextLength(),
            request.ignoresEnd() ? Set.of() : parts.defaults().endIds(),
            request.stops(),
            request.router().orElse(null),
            request.deadline().orElse(null),
            seed,
            textStream(request.input()));
    Sampler sampler =
        new Sampler(
            sampling, request.logitBias(), request.logprobs().orElse(-1), seed, prompt.toArray());
    return parts.scheduler().generate(plan, sampler);
  }

  /** Text begins anew after a chat template and goes on after a prompt. */
  private @Nullable TextStream textStream(Request.Input input) {
    if (!parts.prompts().hasTokenizer()) {
      return null;
    }
    StreamDecoder decoder = parts.prompts().tokenizer().stream(input instanceof Request.Chat);
    return new TextStream() {
      @Override
      public String add(int id) {
        return decoder.add(id);
      }

      @Override
      public String finish() {
        return decoder.finish();
      }
    };
  }

  @Override
  public Scores score(int[] tokens, Scores.Detail... details) {
    ImmutableIntArray ids = checked(ImmutableIntArray.copyOf(tokens));
    if (ids.length() > parts.contextLength()) {
      throw new MixtureException.BadRequest(
          "%d tokens, the context holds %d".formatted(ids.length(), parts.contextLength()));
    }
    EnumSet<Scores.Detail> wanted = EnumSet.noneOf(Scores.Detail.class);
    wanted.addAll(List.of(details));
    return parts.scheduler().score(ids, wanted);
  }

  private ImmutableIntArray checked(ImmutableIntArray ids) {
    if (ids.isEmpty()) {
      throw new MixtureException.BadRequest("the prompt is empty, expected at least one token");
    }
    ids.forEach(this::checkId);
    return ids;
  }

  private void checkId(int id) {
    if (id < 0 || id >= vocabularySize()) {
      throw new MixtureException.BadRequest(
          "token id %d is outside the vocabulary, expected 0 to %d"
              .formatted(id, vocabularySize() - 1));
    }
  }

  private int vocabularySize() {
    return parts.weights().spec().vocabularySize();
  }

  @Override
  public ModelInfo info() {
    return parts.info();
  }

  @Override
  public String device() {
    return parts.device().description();
  }

  @Override
  public Tokenizer tokenizer() {
    return parts.prompts().tokenizer();
  }

  @Override
  public String render(
      List<Message> messages, List<Map<String, Object>> tools, Map<String, Object> variables) {
    return parts.prompts().render(messages, tools, variables);
  }

  @Override
  public Router router(int layer) {
    return experts(layer).rule();
  }

  @Override
  public Expert expert(int layer, int index) {
    Weights.Experts experts = experts(layer);
    if (index < 0 || index >= experts.experts().size()) {
      throw new MixtureException.BadRequest(
          "layer %d has experts 0 to %d, asked for %d"
              .formatted(layer, experts.experts().size() - 1, index));
    }
    return new LoadedExpert(
        expertInfo(layer, index), experts.experts().get(index), parts.device(), parts.scheduler());
  }

  private ExpertInfo expertInfo(int layer, int index) {
    int hidden = parts.weights().spec().hiddenSize();
    if (parts.replaced().contains(new ExpertId(layer, index))) {
      return new ExpertInfo(layer, index, hidden, 0, List.of(), 0, 0, false);
    }
    Mixture mixture = (Mixture) parts.weights().spec().layers().get(layer).feedForward();
    GatedFeedForward body = mixture.experts().get(index);
    List<String> types = new ArrayList<>();
    long parameters = 0;
    long bytes = 0;
    for (Linear linear : List.of(body.gate(), body.up(), body.down())) {
      types.add(linear.weight().type().toString());
      parameters += linear.weight().elements();
      bytes += linear.weight().bytes();
    }
    return new ExpertInfo(
        layer, index, hidden, body.gate().outputs(), types, parameters, bytes, true);
  }

  private Weights.Experts experts(int layer) {
    List<Weights.LayerWeights> layers = parts.weights().layers();
    if (layer >= 0
        && layer < layers.size()
        && layers.get(layer).feedForward() instanceof Weights.Experts experts) {
      return experts;
    }
    throw new MixtureException.BadRequest(
        "layer %d has no experts; layers that have: %s".formatted(layer, info().moeLayers()));
  }

  @Override
  public void close() {
    parts.scheduler().close();
  }

  @Override
  public String toString() {
    return info().path() + " on " + device();
  }
}
