package bed.kafka;

import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;

/** The broker itself, which talks on a listener of its own, is somebody; all others are nobody in particular. */
public final class Principals extends DefaultKafkaPrincipalBuilder {
    static final String CONTROLLER = "CONTROLLER";
    static final KafkaPrincipal BROKER = new KafkaPrincipal(KafkaPrincipal.USER_TYPE, "broker");

    public Principals() {
        super(null, null);
    }

    @Override
    public KafkaPrincipal build(AuthenticationContext context) {
        return context.listenerName().equals(CONTROLLER) ? BROKER : KafkaPrincipal.ANONYMOUS;
    }
}
