/** Names a way to authenticate: the standard's authenticationMethodId. */
export type MethodKey = 'sms' | 'chip' | 'photo' | 'push' | 'app';
