"""Tokens of staff users; for the schema, and to refuse what simplejwt would not."""

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer, TokenRefreshSerializer

from dispatch.api.authentication import StaffAuthentication
from dispatch.api.serializers.strict import StrictSerializer


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="For the Authorization header; holds for some minutes.")
    refresh = serializers.CharField(help_text="Gives a new access token at /api/v1/token/refresh.")


class AccessTokenSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()


class SignInSerializer(StrictSerializer, TokenObtainPairSerializer):
    pass


class RefreshSerializer(StrictSerializer, TokenRefreshSerializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        """simplejwt looks for a changed password only where the access token is used."""
        try:
            answer: dict[str, str] = super().validate(attrs)
            StaffAuthentication().get_user(self.token_class(attrs["refresh"]))
        except (TokenError, AuthenticationFailed, get_user_model().DoesNotExist) as error:
            raise AuthenticationFailed(
                "The refresh token is not valid, it has expired, or the password was changed: sign in anew."
            ) from error
        return answer
