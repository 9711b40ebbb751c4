//! One topic, asked for by its name: tells apart that it is gone from that it is hidden.

use super::gather::Out;
use super::parse;
use super::requests;
use super::round::Timebase;
use super::target::KafkaTarget;
use kafka_protocol::ResponseError;
use kafka_protocol::messages::MetadataResponse;
use streamwarden_core::estate::*;

impl KafkaTarget {
    pub(super) async fn describe_topic(
        &mut self,
        topic: Name,
        time: Timebase,
        out: &mut Out,
    ) -> Result<(), GapReason> {
        let until = time.started + 2 * self.options.round;
        let names = [topic.clone()];
        let named = |version| requests::metadata(version, Some(&names), false);
        let (answered, _) = self.client.any(until, named).await?;
        let mut found = self.found(&topic, answered.answer);
        if let TopicFound::There { topic: fact } = &mut found {
            let build = |_| requests::describe_configs(&names);
            if let Ok((answered, _)) = self.client.any(until, build).await {
                let (mut configs, _) = parse::configs(&answered.answer);
                fact.config = configs.remove(&topic).unwrap_or_default();
            }
        }
        let topic = TopicId::new(&self.cluster, topic);
        out.fact(Fact::Topic(TopicAnswer { topic, found }));
        Ok(())
    }

    fn found(&self, topic: &Name, answer: MetadataResponse) -> TopicFound {
        let told = answer.topics.iter().find(|t| t.name.as_ref().is_some_and(|n| **n == **topic));
        match told.and_then(|t| ResponseError::try_from_code(t.error_code)) {
            Some(ResponseError::UnknownTopicOrPartition) => TopicFound::Unknown,
            Some(ResponseError::TopicAuthorizationFailed) => TopicFound::Denied,
            // a partition without a leader: the topic is there
            None | Some(ResponseError::LeaderNotAvailable) => {
                let caps = self.options.caps();
                let topics = parse::topology(&self.cluster, answer, true, caps).topics;
                match topics.into_iter().find(|t| t.name == *topic) {
                    Some(topic) => TopicFound::There { topic: Box::new(topic) },
                    None => TopicFound::Failed { error: "not in the answer".into() },
                }
            }
            Some(error) => TopicFound::Failed { error: format!("{error:?}").into() },
        }
    }
}
